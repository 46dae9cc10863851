// What the observations of an expert mean; and what a report will mean, before it is taken: of the experts of one
// domain who were reported of lately it remembers what the store said of them, so that report and result are written in
// one call. The store takes the result only if nothing else has changed, so what is remembered need not be true, and
// none of it needs to be kept. No I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "state/expert_store.h"

namespace expertline::presence {

class Composer {
 public:
  // Remembers about `most` experts, some 200 bytes each.
  explicit Composer(bool busy_takes_im, size_t most = 100'000) : busy_takes_im_(busy_takes_im), most_(most) {}

  state::Composition compose(state::Observations observations, int64_t now_ms) const;

  struct Said {
    std::string source;
    int64_t epoch = 0;
    int64_t since = 0;
    int64_t expires_ms = 0;  // not sooner; repeated reports may have put it off. 0: never
    std::string content;     // serialized
  };
  struct Known {
    int64_t version = 0;
    bool in_our_call = false;
    std::vector<Said> list;  // what has not expired
  };
  // What is known when a report was taken as it was assumed.
  struct Step {
    std::string expert;
    Known after;
    size_t at = 0;  // what was reported, in the list
    int64_t ttl_ms = 0;
    bool available = false;  // something may be offered then
  };
  // Composes a report, of which there is no other of that expert in the same call, into `report.assumed`. Nothing if
  // too little is known, or if it only says what was said.
  std::optional<Step> assume(state::Report& report);

  // What the store answered.
  void learn(const state::Observed& observed);
  void learn(Step step, int64_t now_ms);
  void forget_all();

 private:
  Known* find(const std::string& expert);
  void remember(const std::string& expert, Known known);

  const bool busy_takes_im_;
  const size_t most_;
  state::Lost lost_;
  // Who is not in use moves from the first to the second, and is forgotten with it.
  std::unordered_map<std::string, Known> recent_;
  std::unordered_map<std::string, Known> older_;
};

}  // namespace expertline::presence
