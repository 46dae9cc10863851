#include "routing/snapshot.h"

#include <algorithm>

namespace expertline::routing {
namespace {

// Whether two rows of one expert count alike in all pools.
bool same_pools(const Row& a, const Row& b) {
  return std::ranges::equal(a.traits(), b.traits()) &&
         std::ranges::equal(a.loads(), b.loads(), [](const Load& one, const Load& other) {
           return one.medium == other.medium && one.status == other.status;
         });
}

}  // namespace

bool Snapshot::apply(const v1::ExpertRecord& record) {
  const std::string_view name = record.expert().name();
  const size_t id_at = name.rfind('/') + 1;
  const std::string_view id = name.substr(id_at);
  const auto known = find(id);
  if (known) {
    if (record.revision() <= rows_[*known].revision()) return false;
  } else if (const auto gone = removed_.find(std::string(id)); gone != removed_.end()) {
    if (record.revision() <= gone->second) return false;
    removed_.erase(gone);
  }
  if (record.removed()) {
    if (known) drop(*known);
    removed_[std::string(id)] = record.revision();
    return true;
  }
  if (name_prefix_.empty()) name_prefix_ = name.substr(0, id_at);
  Row row(record, vocabulary_);
  make_pools(row);
  if (known && same_pools(rows_[*known], row)) {
    rows_[*known] = std::move(row);
    return true;
  }
  if (known) {
    leave(*known);
    rows_[*known] = std::move(row);
    join(*known);
  } else {
    join(add(id, std::move(row)));
  }
  return true;
}

void Snapshot::make_pools(const Row& row) {
  for (const Trait trait : row.traits()) {
    if (trait >= kGroupBit) {
      if (trait - kGroupBit >= group_pools_.size()) group_pools_.resize(trait - kGroupBit + 1);
    } else if (trait / 8 >= skill_pools_.size()) {
      skill_pools_.resize(trait / 8 + 1);
    }
  }
}

void Snapshot::clear() {
  index_.clear();
  rows_.clear();
  ids_.clear();
  hashes_.clear();
  unused_.clear();
  removed_.clear();
  name_prefix_.clear();
  everybody_ = {};
  group_pools_.clear();
  skill_pools_.clear();
  vocabulary_ = {};
}

uint32_t Snapshot::add(std::string_view id, Row row) {
  auto expert = static_cast<uint32_t>(rows_.size());
  const uint64_t hash = hash_of(id);
  if (unused_.empty()) {
    rows_.push_back(std::move(row));
    ids_.emplace_back(id);
    hashes_.push_back(hash);
  } else {
    expert = unused_.back();
    unused_.pop_back();
    rows_[expert] = std::move(row);
    ids_[expert] = id;
    hashes_[expert] = hash;
  }
  index_.insert(expert);
  return expert;
}

void Snapshot::drop(uint32_t expert) {
  leave(expert);
  index_.erase(expert);
  rows_[expert] = {};
  ids_[expert].clear();
  unused_.push_back(expert);
}

template <typename Change>
void Snapshot::each_pool(uint32_t expert, Change&& change) {
  change(everybody_);
  for (const Trait trait : rows_[expert].traits()) {
    if (trait >= kGroupBit) {
      change(group_pools_[trait - kGroupBit]);
    } else {
      change(skill_pools_[trait / 8][trait % 8 - 1]);
    }
  }
}

void Snapshot::join(uint32_t expert) {
  each_pool(expert, [&](Pool& pool) {
    pool.members.insert(expert, hashes_);
    for (const Load& load : rows_[expert].loads()) {
      if (load.medium >= pool.media.size()) pool.media.resize(load.medium + 1);
      Pool::Medium& medium = pool.media[load.medium];
      ++medium.by_status[static_cast<size_t>(load.status)];
      if (load.status == Reason::kReady) medium.ready.insert(expert, hashes_);
    }
  });
}

void Snapshot::leave(uint32_t expert) {
  each_pool(expert, [&](Pool& pool) {
    pool.members.erase(expert, hashes_);
    for (const Load& load : rows_[expert].loads()) {
      Pool::Medium& medium = pool.media[load.medium];
      --medium.by_status[static_cast<size_t>(load.status)];
      if (load.status == Reason::kReady) medium.ready.erase(expert, hashes_);
    }
  });
}

std::optional<uint32_t> Snapshot::find(std::string_view id) const {
  const auto entry = index_.find(id);
  if (entry == index_.end()) return std::nullopt;
  return *entry;
}

std::optional<v1::Expert> Snapshot::expert(std::string_view id) const {
  const auto number = find(id);
  if (!number) return std::nullopt;
  return std::move(*record(*number).mutable_expert());
}

v1::ExpertRecord Snapshot::record(uint32_t expert) const {
  v1::ExpertRecord record = rows_[expert].record(vocabulary_);
  record.mutable_expert()->set_name(name_prefix_ + std::string(id(expert)));
  return record;
}

int64_t Snapshot::revision(std::string_view id) const {
  const auto number = find(id);
  return number ? rows_[*number].revision() : 0;
}

std::vector<std::string> Snapshot::buckets_of(std::string_view id) const {
  const auto number = find(id);
  if (!number) return {};
  std::vector<std::string> buckets{"all", "expert=" + std::string(id)};
  for (const Trait trait : rows_[*number].traits()) {
    buckets.push_back(trait >= kGroupBit ? "group=" + vocabulary_.groups.word(trait - kGroupBit)
                                         : "skill=" + vocabulary_.skills.word(trait / 8));
  }
  return buckets;
}

Reason Snapshot::status(uint32_t expert, std::optional<uint32_t> medium) const {
  const Load* load = medium ? rows_[expert].load(*medium) : nullptr;
  return load == nullptr ? Reason::kNoMedium : load->status;
}

}  // namespace expertline::routing
