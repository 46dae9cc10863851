// The strategies of a domain by routing point. Pure; never changes once made, so it is swapped as a whole.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "expertline/v1/strategy.pb.h"
#include "strategy/load.h"

namespace expertline::strategy {

struct SourceFile {
  std::string name;  // for issues
  std::string text;
};

class Registry {
 public:
  // All files, or all issues of all files and then no registry. A routing point bound twice, two strategies of one
  // name and strategies whose `otherwise` send to each other in a circle are issues. The revisions of `previous` (may
  // be null) are kept, so that running legs finish on theirs.
  static std::pair<std::shared_ptr<const Registry>, std::vector<yaml::Issue>> load(const std::vector<SourceFile>& files,
                                                                                   const Registry* previous);

  // The present strategy on a routing point, or null.
  std::shared_ptr<const routing::Strategy> at(const std::string& routing_point) const;
  // A present or earlier revision, or null.
  std::shared_ptr<const routing::Strategy> revision(const std::string& revision) const;
  // The contract's view, in order of id.
  std::vector<v1::RoutingPoint> routing_points() const;

 private:
  std::map<std::string, std::shared_ptr<const routing::Strategy>> by_point_;
  std::map<std::string, std::shared_ptr<const routing::Strategy>> by_revision_;
};

}  // namespace expertline::strategy
