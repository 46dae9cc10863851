// `guard_rails:` of a roster, of all its experts or of one. Pure.
#pragma once

#include "expertline/v1/expert.pb.h"
#include "yaml/yaml.h"

namespace expertline::roster {

// What `node` says goes before `defaults`, key by key. What is wrong is an issue at its place.
v1::GuardRails read_guard_rails(const yaml::Node& node, const v1::GuardRails& defaults, yaml::Issues& issues);

}  // namespace expertline::roster
