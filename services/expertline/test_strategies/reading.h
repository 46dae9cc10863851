// What all parts of a test file are read with. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expertline/test_strategies/test_file.h"

namespace expertline::cli {

// Values of one file; what is wrong is an issue, and then the value is empty.
class Reading {
 public:
  explicit Reading(yaml::Issues& issues) : issues_(issues) {}

  std::string text(const yaml::Node& node, std::string_view what);
  // At most a week.
  int64_t duration(const yaml::Node& node, std::string_view what);
  // One id or a list of them.
  std::vector<std::string> ids(const yaml::Node& node, std::string_view what);
  // `2026-12-24 17:30 Europe/Zurich`, or with an offset `2026-12-24T17:30:00+01:00`, in milliseconds since 1970.
  std::optional<int64_t> time(const yaml::Node& node, const std::string& what);

  yaml::Issues& issues() { return issues_; }

 protected:
  yaml::Issues& issues_;
};

// The parts, each over what was there before.
void read_given(const yaml::Node& node, yaml::Issues& issues, std::map<std::string, Given>& given);
struct Request {
  v1::RoutingFacts facts = {};
  yaml::Mark routing_point_mark = {};
};
void read_request(const yaml::Node& node, yaml::Issues& issues, Request& request);
// An item of `then`.
Moment read_moment(const yaml::Node& node, yaml::Issues& issues);

}  // namespace expertline::cli
