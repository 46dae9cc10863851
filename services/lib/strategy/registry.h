// The strategies of a domain by routing point, with their calendars and candidates. Pure; never changes once made, so
// it is swapped as a whole.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "expertline/v1/strategy.pb.h"
#include "strategy/load.h"

namespace expertline::strategy {

struct SourceFile {
  std::string name;  // for issues; its end and the content tell what it is
  std::string text;
};

enum class FileKind {
  kStrategy,
  kCandidate,  // NAME.shadow.yaml: a strategy that decides beside the live one of the same name
  kCalendar,   // has a key `calendar`
  kTest,       // NAME.test.yaml
  kRoster,     // has a key `experts`
  kMapping,    // has a key `systems`: what other systems' words of presence mean
  kSources,    // has a key `sources`: sources of presence
};
FileKind kind_of(const SourceFile& file);

class Registry {
 public:
  struct Result;

  // All files; those that are neither strategies nor calendars are passed over. A routing point bound twice, two
  // strategies or calendars of one name and strategies whose `otherwise` send to each other in a circle are errors,
  // too. The revisions of `previous` (may be null) are kept, so that running legs finish on theirs. With a `directory`
  // the names of skills, groups and experts are checked against it.
  static Result load(const std::vector<SourceFile>& files, const Registry* previous,
                     std::shared_ptr<const Directory> directory = nullptr);

  // The present strategy on a routing point, or null.
  std::shared_ptr<const routing::Strategy> at(const std::string& routing_point) const;
  // A present or earlier revision, or null; of candidates as well.
  std::shared_ptr<const routing::Strategy> revision(const std::string& revision) const;
  // The present strategies by name.
  const std::map<std::string, std::shared_ptr<const routing::Strategy>>& strategies() const { return by_name_; }
  // The candidates by name of the strategy beside which they decide.
  const std::map<std::string, std::shared_ptr<const routing::Strategy>>& candidates() const { return candidates_; }
  // The file's content of a present strategy or candidate, or null.
  const std::string* text(const std::string& revision) const;
  // The same with another revision of one strategy in the place of the present one. Null if that cannot be live beside
  // the others, as they have a routing point of it or send back to it what it sends to them, and then `why`.
  std::shared_ptr<const Registry> with(const std::shared_ptr<const routing::Strategy>& other, std::string& why) const;
  // The contract's view, in order of id.
  std::vector<v1::RoutingPoint> routing_points() const;

 private:
  friend class RegistryLoader;

  std::map<std::string, std::shared_ptr<const routing::Strategy>> by_point_;
  std::map<std::string, std::shared_ptr<const routing::Strategy>> by_name_;
  std::map<std::string, std::shared_ptr<const routing::Strategy>> candidates_;
  std::map<std::string, std::shared_ptr<const routing::Strategy>> by_revision_;
  std::map<std::string, std::string> texts_;  // by revision
};

struct Registry::Result {
  std::shared_ptr<const Registry> registry;  // null if there is an error among the issues
  std::vector<yaml::Issue> issues;           // by file, in order of place
};

}  // namespace expertline::strategy
