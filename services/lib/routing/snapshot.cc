#include "routing/snapshot.h"

#include <algorithm>
#include <limits>

namespace expertline::routing {
namespace {

Reason status_of(const v1::ExpertRecord& record, const v1::MediumStatus& medium) {
  if (record.expert().state() == v1::EXPERT_STATE_RETIRED) return Reason::kRetired;
  if (medium.capacity() <= 0) return Reason::kNoMedium;
  if (record.do_not_disturb()) return Reason::kDoNotDisturb;
  if (!medium.routable()) {
    switch (record.state()) {
      case v1::PRESENCE_STATE_OFFLINE:
        return Reason::kOffline;
      case v1::PRESENCE_STATE_AWAY:
        return Reason::kAway;
      case v1::PRESENCE_STATE_BUSY:
        return Reason::kBusy;
      case v1::PRESENCE_STATE_ON_THE_PHONE:
        return Reason::kOnThePhone;
      case v1::PRESENCE_STATE_APPEAR_OFFLINE:
        return Reason::kAppearOffline;
      default:
        return Reason::kNotRoutable;
    }
  }
  if (!record.has_desk()) return Reason::kNoDesk;
  return medium.used() < medium.capacity() ? Reason::kReady : Reason::kAtCapacity;
}

uint16_t small(int32_t count) {
  return static_cast<uint16_t>(std::clamp<int32_t>(count, 0, std::numeric_limits<uint16_t>::max()));
}

}  // namespace

uint32_t WordTable::intern(const std::string& word) {
  const auto [entry, inserted] = numbers_.try_emplace(word, static_cast<uint32_t>(words_.size()));
  if (inserted) words_.push_back(word);
  return entry->second;
}

std::optional<uint32_t> WordTable::find(const std::string& word) const {
  const auto entry = numbers_.find(word);
  if (entry == numbers_.end()) return std::nullopt;
  return entry->second;
}

Snapshot::Entry Snapshot::read(const v1::ExpertRecord& record) {
  const v1::Expert& expert = record.expert();
  Entry entry;
  entry.revision = record.revision();
  entry.idle_since_ms = record.idle_since_ms();
  v1::Expert details;
  details.set_display_name(expert.display_name());
  details.set_site(expert.site());
  *details.mutable_languages() = expert.languages();
  *details.mutable_attributes() = expert.attributes();
  *details.mutable_dns() = expert.dns();
  entry.details = details.SerializeAsString();
  entry.details.shrink_to_fit();
  for (const auto& [skill, level] : expert.skills()) {
    if (level < 1) continue;
    const uint32_t number = skills_.intern(skill);
    if (number >= skill_pools_.size()) skill_pools_.resize(number + 1);
    entry.traits.push_back(number * 8 + static_cast<uint32_t>(std::min(level, kLevels)));
  }
  for (const std::string& group : expert.groups()) {
    const uint32_t number = groups_.intern(group);
    if (number >= group_pools_.size()) group_pools_.resize(number + 1);
    entry.traits.push_back(kGroupBit + number);
  }
  std::sort(entry.traits.begin(), entry.traits.end());
  entry.traits.erase(std::unique(entry.traits.begin(), entry.traits.end()), entry.traits.end());
  for (const v1::MediumStatus& medium : record.media()) {
    const Reason status = status_of(record, medium);
    if (status == Reason::kNoMedium) continue;
    const uint32_t number = media_.intern(medium.medium());
    const bool twice =
        std::any_of(entry.loads.begin(), entry.loads.end(), [&](const Load& load) { return load.medium == number; });
    if (twice) continue;
    entry.loads.push_back(
        {.medium = number, .used = small(medium.used()), .capacity = small(medium.capacity()), .status = status});
  }
  std::sort(entry.loads.begin(), entry.loads.end(), [](const Load& a, const Load& b) { return a.medium < b.medium; });
  return entry;
}

bool Snapshot::apply(const v1::ExpertRecord& record) {
  const std::string& name = record.expert().name();
  const size_t id_at = name.rfind('/') + 1;
  const std::string id = name.substr(id_at);
  const auto known = find(id);
  if (known) {
    if (record.revision() <= entries_[*known].revision) return false;
  } else if (const auto gone = removed_.find(id); gone != removed_.end()) {
    if (record.revision() <= gone->second) return false;
    removed_.erase(gone);
  }
  if (record.removed()) {
    if (known) drop(*known);
    removed_[id] = record.revision();
    return true;
  }
  if (name_prefix_.empty()) name_prefix_ = name.substr(0, id_at);
  Entry entry = read(record);
  entry.id = id;
  const uint32_t expert = known ? *known : add(id);
  Entry& old = entries_[expert];
  const bool same_pools =
      known && old.traits == entry.traits &&
      std::equal(old.loads.begin(), old.loads.end(), entry.loads.begin(), entry.loads.end(),
                 [](const Load& a, const Load& b) { return a.medium == b.medium && a.status == b.status; });
  if (known && !same_pools) leave(expert);
  old = std::move(entry);
  if (!same_pools) join(expert);
  return true;
}

void Snapshot::clear() {
  index_.clear();
  entries_.clear();
  hashes_.clear();
  unused_.clear();
  removed_.clear();
  name_prefix_.clear();
  everybody_ = {};
  group_pools_.clear();
  skill_pools_.clear();
  media_ = {};
  skills_ = {};
  groups_ = {};
}

uint32_t Snapshot::add(std::string_view id) {
  uint32_t expert = static_cast<uint32_t>(entries_.size());
  if (unused_.empty()) {
    entries_.emplace_back();
    hashes_.emplace_back();
  } else {
    expert = unused_.back();
    unused_.pop_back();
  }
  entries_[expert].id = id;
  hashes_[expert] = hash_of(id);
  index_.insert(expert);
  return expert;
}

void Snapshot::drop(uint32_t expert) {
  leave(expert);
  index_.erase(expert);
  entries_[expert] = {};
  unused_.push_back(expert);
}

template <typename Change>
void Snapshot::each_pool(uint32_t expert, Change&& change) {
  change(everybody_);
  for (const Trait trait : entries_[expert].traits) {
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
    for (const Load& load : entries_[expert].loads) {
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
    for (const Load& load : entries_[expert].loads) {
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
  v1::Expert expert;
  expert.ParseFromString(entries_[*number].details);
  expert.set_name(name_prefix_ + entries_[*number].id);
  return expert;
}

int64_t Snapshot::revision(std::string_view id) const {
  const auto number = find(id);
  return number ? entries_[*number].revision : 0;
}

std::vector<std::string> Snapshot::buckets_of(std::string_view id) const {
  const auto number = find(id);
  if (!number) return {};
  std::vector<std::string> buckets{"all", "expert=" + std::string(id)};
  for (const Trait trait : entries_[*number].traits) {
    buckets.push_back(trait >= kGroupBit ? "group=" + groups_.word(trait - kGroupBit)
                                         : "skill=" + skills_.word(trait / 8));
  }
  return buckets;
}

Snapshot::Load Snapshot::load(uint32_t expert, std::optional<uint32_t> medium) const {
  for (const Load& load : entries_[expert].loads) {
    if (medium == load.medium) return load;
  }
  return {};
}

Reason Snapshot::status(uint32_t expert, std::optional<uint32_t> medium) const { return load(expert, medium).status; }

int Snapshot::level(uint32_t expert, uint32_t skill) const {
  for (const Trait trait : entries_[expert].traits) {
    if (trait < kGroupBit && trait / 8 == skill) return static_cast<int>(trait % 8);
  }
  return 0;
}

bool Snapshot::in_group(uint32_t expert, uint32_t group) const {
  const auto& traits = entries_[expert].traits;
  return std::find(traits.begin(), traits.end(), kGroupBit + group) != traits.end();
}

bool Snapshot::holds_anything(uint32_t expert) const {
  const auto& loads = entries_[expert].loads;
  return std::any_of(loads.begin(), loads.end(), [](const Load& load) { return load.used > 0; });
}

}  // namespace expertline::routing
