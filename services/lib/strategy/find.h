// Whom a step looks for, and what it no longer asks for after a while. Internal to this folder.
#pragma once

#include <string>
#include <vector>

#include "strategy/reading.h"

namespace expertline::strategy {

// `what` is the step as places name it: `steps[specialist]`.
void read_find(Reading& in, const yaml::Node& node, const std::string& what, routing::Find& find);

// Reads `relax` of a step that is read but for that. If there were errors in the step (not `sound`), it is not compared
// with what the step asks for.
void read_relax(Reading& in, const yaml::Node& node, const std::string& what, bool sound, routing::Step& step);

}  // namespace expertline::strategy
