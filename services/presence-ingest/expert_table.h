// The experts of a read model, each kept as the bytes in which he is sent, so that very many fit and sending costs a
// copy. Not thread-safe; no I/O.
#pragma once

#include <absl/container/flat_hash_set.h>

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "state/expert_store.h"

namespace expertline::presence {

class ExpertTable {
 public:
  // Place of an expert, his until he is removed; then another one may get it.
  using Slot = uint32_t;

  struct Entry {
    std::string id;  // empty: the slot is free
    int64_t revision = 0;
    int64_t directory_revision = 0;
    state::LogId changed;  // his last entry of the change log

   private:
    friend class ExpertTable;
    // A serialized v1::Expert, `expert_size` of it, then the other fields of the v1::ExpertRecord. The first is
    // `directory_size` bytes of what the directory has, then what presence changes of it: of one map entry that comes
    // twice the last counts.
    std::string bytes;
    uint32_t directory_size = 0;
    uint32_t expert_size = 0;
    uint8_t state = 0;  // number of his PresenceState; 0 until it is set
  };

  // `experts`: how many there will be, if that is known.
  explicit ExpertTable(std::string domain, size_t experts = 0);
  ExpertTable(const ExpertTable&) = delete;
  ExpertTable& operator=(const ExpertTable&) = delete;

  size_t size() const { return index_.size(); }
  // Each slot is below; an expert who comes while somebody walks through them may get one that was passed already.
  Slot slots() const { return static_cast<Slot>(entries_.size()); }
  Entry& at(Slot slot) { return entries_[slot]; }
  const Entry& at(Slot slot) const { return entries_[slot]; }

  std::optional<Slot> find(std::string_view id) const;
  // Of one who is not there. Set both parts before he is read.
  Slot add(std::string_view id);
  void remove(Slot slot);
  // The directory's record, without name.
  void set_directory(Slot slot, const v1::Expert& directory);
  // After set_directory().
  void set_state(Slot slot, const state::ExpertState& state);

  v1::ExpertRecord record(Slot slot) const;
  bool in_group(Slot slot, std::string_view group) const;
  // How many are in each state, by number of PresenceState.
  using ByState = std::array<size_t, v1::PresenceState_ARRAYSIZE>;
  const ByState& by_state() const { return by_state_; }
  // Ids of those who hold a voice leg that is not only wrapped up.
  const std::set<std::string>& in_our_call() const { return in_our_call_; }

  // How many bytes append_to() appends at most.
  size_t encoded_size(Slot slot) const { return entries_[slot].bytes.size() + kMostHeader; }
  // Appends his record to a serialized v1::WatchReadModelResponse.
  void append_to(std::string& response, Slot slot) const;

 private:
  static constexpr size_t kMostHeader = 12;

  struct Hash {
    using is_transparent = void;
    const ExpertTable* table;
    size_t operator()(Slot slot) const { return (*this)(table->entries_[slot].id); }
    size_t operator()(std::string_view id) const { return absl::Hash<std::string_view>()(id); }
  };
  struct Equal {
    using is_transparent = void;
    const ExpertTable* table;
    bool operator()(Slot a, Slot b) const { return a == b; }
    bool operator()(Slot a, std::string_view id) const { return table->entries_[a].id == id; }
    bool operator()(std::string_view id, Slot a) const { return table->entries_[a].id == id; }
  };

  const std::string domain_;
  std::deque<Entry> entries_;  // grows without moving what is there
  std::vector<Slot> free_;
  absl::flat_hash_set<Slot, Hash, Equal> index_;
  std::set<std::string> in_our_call_;
  ByState by_state_{};
};

}  // namespace expertline::presence
