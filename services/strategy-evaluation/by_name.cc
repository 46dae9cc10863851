#include "strategy-evaluation/by_name.h"

#include <absl/strings/str_replace.h>

#include "strategy/load.h"

namespace expertline::evaluation {
namespace {

// Whom it finds is in the request (RoutingFacts.expert): nobody else is asked, whatever `find` says.
constexpr const char* kText = R"(strategy: by-name
description: The expert whom the agent asks for by name.
owner: expertline
media: MEDIUM
routing_points: [by-name]
steps:
  - step: whom the agent asks for
    find: {}
    preview: {answer_within: 30s, offers: 1, message: "You are asked for by name."}
otherwise:
  - {agent: "The expert you asked for is not free."}
)";

}  // namespace

std::shared_ptr<const routing::Strategy> by_name_strategy(const std::string& medium) {
  const auto loaded = strategy::load("by-name", absl::StrReplaceAll(kText, {{"MEDIUM", medium}}), strategy::World());
  return loaded.strategy;
}

}  // namespace expertline::evaluation
