// Experts of one domain whose presence comes and goes: who becomes available again and again is held back until he has
// stayed, so that nobody is sent to somebody who is about to leave. Leaving is never held back. Not thread-safe; no
// I/O, no clock.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <string_view>

#include "state/expert_store.h"

namespace expertline::presence {

class Damping {
 public:
  static constexpr int kComebacks = 10;         // within kWindowMs are nothing unusual
  static constexpr int64_t kWindowMs = 60'000;  // from the first of them on
  static constexpr int64_t kHoldOffMs = 5'000;  // so long he must stay after one more

  // Call for each presence of an expert in turn, `available`: something may be offered. The time before which nothing
  // is to be offered in spite of it, 0 if there is none; compose again then.
  int64_t hold_until(std::string_view expert, bool available, int64_t now_ms);
  // The same for what was composed, which is changed if he is held back.
  void damp(state::Composition& composition, int64_t now_ms);
  // If he becomes available, he may be held back.
  bool restless(std::string_view expert) const;

 private:
  struct Recent {
    int64_t window_begin_ms = 0;
    int64_t held_until_ms = 0;
    int comebacks = 0;
    bool available = false;
  };
  using Experts = absl::flat_hash_map<size_t, Recent>;  // by hash of the id

  Recent& recent(size_t expert, int64_t now_ms);

  // Whoever is in neither has been left in peace for a window.
  Experts now_;
  Experts before_;
  int64_t turned_ms_ = 0;
};

}  // namespace expertline::presence
