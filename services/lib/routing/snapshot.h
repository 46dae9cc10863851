// The read model of one domain in memory: experts, and for each criterion who is ready.
//
// One writer, and readers on the same thread; no locks. A change costs time in proportion to the expert's own skills,
// groups and media, never to the number of experts. Times are milliseconds of the store's clock.
#pragma once

#include <absl/container/flat_hash_set.h>
#include <absl/container/inlined_vector.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "expertline/v1/presence.pb.h"
#include "routing/draw_set.h"
#include "routing/reason.h"

namespace expertline::routing {

// Words as small numbers, given in order of their first use.
class WordTable {
 public:
  uint32_t intern(const std::string& word);
  std::optional<uint32_t> find(const std::string& word) const;
  const std::string& word(uint32_t number) const { return words_[number]; }

 private:
  std::unordered_map<std::string, uint32_t> numbers_;
  std::vector<std::string> words_;
};

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

  // How much of one medium of an expert is in use.
  struct Load {
    uint32_t medium = 0;
    uint16_t used = 0;
    uint16_t capacity = 0;
    Reason status = Reason::kNoMedium;

    bool operator==(const Load&) const = default;
  };

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
  // What is known of him for presentation: name, display name, site, languages, attributes and DNs; nullopt if there is
  // no such expert.
  std::optional<v1::Expert> expert(std::string_view id) const;
  // Revision of his record, 0 if there is no such expert.
  int64_t revision(std::string_view id) const;
  // The waiting-room buckets he belongs to: `all`, `expert=<id>`, `group=<g>`, `skill=<s>`.
  std::vector<std::string> buckets_of(std::string_view id) const;

  // Below, `expert` is a number of an expert who is there.
  const std::string& id(uint32_t expert) const { return entries_[expert].id; }
  uint64_t hash(uint32_t expert) const { return hashes_[expert]; }
  Reason status(uint32_t expert, std::optional<uint32_t> medium) const;
  // All zero if he has not the medium.
  Load load(uint32_t expert, std::optional<uint32_t> medium) const;
  // His level, 0 if he has not the skill.
  int level(uint32_t expert, uint32_t skill) const;
  bool in_group(uint32_t expert, uint32_t group) const;
  // When he last became idle, 0 if he never held anything.
  int64_t idle_since_ms(uint32_t expert) const { return entries_[expert].idle_since_ms; }
  bool holds_anything(uint32_t expert) const;

  std::optional<uint32_t> medium(const std::string& name) const { return media_.find(name); }
  std::optional<uint32_t> skill(const std::string& name) const { return skills_.find(name); }
  std::optional<uint32_t> group(const std::string& name) const { return groups_.find(name); }

  const Pool& everybody() const { return everybody_; }
  const Pool& with_group(uint32_t group) const { return group_pools_[group]; }
  // 1 <= level <= kLevels.
  const Pool& with_skill(uint32_t skill, int level) const {
    return skill_pools_[skill][static_cast<size_t>(level) - 1];
  }

 private:
  // A skill at a level (skill * 8 + level), or a group (kGroupBit + group).
  using Trait = uint32_t;
  static constexpr Trait kGroupBit = 1U << 31U;

  struct Entry {
    std::string id;
    int64_t revision = 0;
    int64_t idle_since_ms = 0;
    std::string details;  // serialised Expert with the fields of expert(), without its name
    absl::InlinedVector<Trait, 4> traits;
    absl::InlinedVector<Load, 2> loads;
  };

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
    bool operator()(uint32_t a, std::string_view id) const { return snapshot->entries_[a].id == id; }
    bool operator()(std::string_view id, uint32_t a) const { return snapshot->entries_[a].id == id; }
  };

  Entry read(const v1::ExpertRecord& record);
  template <typename Change>
  void each_pool(uint32_t expert, Change&& change);
  void join(uint32_t expert);
  void leave(uint32_t expert);
  uint32_t add(std::string_view id);
  void drop(uint32_t expert);

  WordTable media_;
  WordTable skills_;
  WordTable groups_;
  std::vector<Entry> entries_;
  DrawSet::Hashes hashes_;  // by number, as entries_
  std::vector<uint32_t> unused_;
  absl::flat_hash_set<uint32_t, IdHash, IdEqual> index_;
  std::unordered_map<std::string, int64_t> removed_;  // id -> revision
  std::string name_prefix_;                           // "domains/{domain}/experts/"

  Pool everybody_;
  std::vector<Pool> group_pools_;
  std::vector<std::array<Pool, kLevels>> skill_pools_;
};

}  // namespace expertline::routing
