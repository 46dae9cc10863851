// The strategies of a domain: what its files say, what was made live by hand instead, and revisions from before, which
// running legs finish on. Texts and pins are in the store, one truth for all replicas. Loop thread only, but load().
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/loop.h"
#include "base/result.h"
#include "state/records.pb.h"
#include "state/strategy_store.h"
#include "strategy/registry.h"

namespace expertline::evaluation {

class Revisions {
 public:
  using Strategy = std::shared_ptr<const routing::Strategy>;

  static Error unknown_strategy(const std::string& name);

  Revisions(app::Loop& loop, redis::Client& client, std::string domain, std::string folder);

  // Reads the files, before anything else. INVALID_FIELD with all issues, one a line, if they have faults.
  Result<Done> load();
  // Follows the files and the store for ever. `on_change` runs when something else is live than before.
  void start(std::function<void()> on_change);
  void stop() { stopping_ = true; }

  // The pins are known.
  bool ready() const { return stored_.version >= 0; }
  const strategy::Registry& live() const { return *live_; }
  // A revision that is in memory, or null.
  Strategy known(const std::string& revision) const;
  // The one for experts who are asked by name, where no live strategy is on that routing point; null if there is none
  // for that medium.
  Strategy by_name(const std::string& medium);
  // Any revision that is kept; null if there is none such or the store does not answer.
  Task<Strategy> find(std::string revision);

  v1::ListStrategiesResponse list() const;
  // UNKNOWN_STRATEGY, UNKNOWN_REVISION.
  Task<Result<v1::GetStrategyResponse>> get(std::string name, std::string revision);
  // Pins a revision, or with an empty one lets go of it. UNKNOWN_STRATEGY, UNKNOWN_REVISION, INVALID_FIELD.
  Task<Result<v1::Strategy>> activate(std::string name, std::string revision);

 private:
  using Pins = std::map<std::string, Strategy>;

  Result<Done> read_files();
  void show_loaded(bool good) const;  // in metrics
  Task<void> follow();
  // Brings store and memory together after either has changed. False if the store did not answer.
  Task<bool> sync();
  Task<Result<Strategy>> from_store(std::string name, std::string revision);
  void make_live();
  v1::Strategy describe(const std::string& name) const;
  const state::StoredStrategy* stored(const std::string& name) const;

  app::Loop& loop_;
  state::StrategyStore store_;
  std::string domain_;
  std::string folder_;
  std::function<void()> on_change_ = [] {};
  bool stopping_ = false;

  std::string fingerprint_;
  std::shared_ptr<const strategy::Registry> files_;   // the last good ones
  std::map<std::string, state::StrategyText> texts_;  // of these, by revision
  std::map<std::string, std::string> names_;          // of these, by file
  std::vector<yaml::Issue> faults_;                   // of the files as they are now
  std::map<std::string, std::string> told_;           // strategy -> the file's revision that the store knows
  std::map<std::string, Strategy> earlier_;           // from the store, by revision
  std::map<std::string, Strategy> by_name_;           // by medium
  state::StoredStrategies stored_ = {.version = -1, .list = {}};
  std::map<std::string, std::string> pin_faults_;  // strategy -> why its pin has no effect
  std::shared_ptr<const strategy::Registry> live_;
};

}  // namespace expertline::evaluation
