// The read model of one domain in memory: experts, and for each criterion who is ready.
//
// One writer, and readers on the same thread; no locks. A change costs time in proportion to the expert's own skills,
// groups and media, never to the number of experts. Times are milliseconds of the store's clock.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expertline/v1/presence.pb.h"
#include "routing/draw_set.h"
#include "routing/large_pages.h"
#include "routing/reason.h"
#include "routing/row.h"

namespace expertline::routing {

// The experts that share one criterion: a skill at one level, a group, or being there at all.
struct Pool {
  struct Medium {
    DrawSet ready;
    // Experts by status, kReady included; those without the medium are not counted.
    std::array<uint32_t, kStatusCount> by_status{};
  };

  DrawSet members;
  std::vector<Medium> media;  // by number of the medium; may be shorter than the number of media
};

class Snapshot {
 public:
  static constexpr int kLevels = 5;  // skill levels are 1 to kLevels

  Snapshot() : index_(0, IdHash{this}, IdEqual{this}) {}
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  // Takes a record if its revision is higher than the one known of that expert; true if it was taken. A removed
  // expert's revision is remembered until clear().
  bool apply(const v1::ExpertRecord& record);
  void clear();
  size_t size() const { return everybody_.members.size(); }

  // By id. The number stays his until he is removed.
  std::optional<uint32_t> find(std::string_view id) const;
  // What is known of him for presentation: of the directory all but addresses, capacities and revision; nullopt if
  // there is no such expert.
  std::optional<v1::Expert> expert(std::string_view id) const;
  // Revision of his record, 0 if there is no such expert.
  int64_t revision(std::string_view id) const;
  // The waiting-room buckets he belongs to: `all`, `expert=<id>`, `group=<g>`, `skill=<s>`.
  std::vector<std::string> buckets_of(std::string_view id) const;

  // Below, `expert` is a number of an expert who is there.
  std::string_view id(uint32_t expert) const { return ids_[expert]; }
  uint64_t hash(uint32_t expert) const { return hashes_[expert]; }
  const Row& row(uint32_t expert) const { return rows_[expert]; }
  // A hint that his id will be read.
  void prefetch(uint32_t expert) const { __builtin_prefetch(&ids_[expert]); }
  Reason status(uint32_t expert, std::optional<uint32_t> medium) const;
  // The record again, but for addresses and the directory's revision.
  v1::ExpertRecord record(uint32_t expert) const;

  const Vocabulary& vocabulary() const { return vocabulary_; }
  std::optional<uint32_t> medium(std::string_view name) const { return vocabulary_.media.find(name); }
  std::optional<uint32_t> skill(std::string_view name) const { return vocabulary_.skills.find(name); }
  std::optional<uint32_t> group(std::string_view name) const { return vocabulary_.groups.find(name); }

  const Pool& everybody() const { return everybody_; }
  const Pool& with_group(uint32_t group) const { return group_pools_[group]; }
  // 1 <= level <= kLevels.
  const Pool& with_skill(uint32_t skill, int level) const {
    return skill_pools_[skill][static_cast<size_t>(level) - 1];
  }

 private:
  struct IdHash {
    using is_transparent = void;
    const Snapshot* snapshot;
    size_t operator()(uint32_t expert) const { return snapshot->hashes_[expert]; }
    size_t operator()(std::string_view id) const { return hash_of(id); }
  };
  struct IdEqual {
    using is_transparent = void;
    const Snapshot* snapshot;
    bool operator()(uint32_t a, uint32_t b) const { return a == b; }
    bool operator()(uint32_t a, std::string_view id) const { return snapshot->id(a) == id; }
    bool operator()(std::string_view id, uint32_t a) const { return snapshot->id(a) == id; }
  };

  template <typename Change>
  void each_pool(uint32_t expert, Change&& change);
  void join(uint32_t expert);
  void leave(uint32_t expert);
  void make_pools(const Row& row);
  uint32_t add(std::string_view id, Row row);
  void drop(uint32_t expert);

  Vocabulary vocabulary_;
  std::vector<Row, LargePages<Row>> rows_;
  // By number, as rows_. Of most experts who are ranked nothing else is read.
  std::vector<std::string, LargePages<std::string>> ids_;
  DrawSet::Hashes hashes_;
  std::vector<uint32_t> unused_;
  absl::flat_hash_set<uint32_t, IdHash, IdEqual> index_;
  absl::flat_hash_map<std::string, int64_t> removed_;  // id -> revision
  std::string name_prefix_;                            // "domains/{domain}/experts/"

  Pool everybody_;
  std::vector<Pool> group_pools_;
  std::vector<std::array<Pool, kLevels>> skill_pools_;
};

}  // namespace expertline::routing
