// What a strategy lets an expert and an agent see. Pure.
#pragma once

#include <string>
#include <vector>

#include "expertline/v1/expert.pb.h"
#include "expertline/v1/session.pb.h"
#include "expertline/v1/strategy.pb.h"
#include "routing/strategy.h"

namespace expertline::routing {

// What is shown in a preview.
struct PreviewContent {
  std::string message;
  v1::UserData show;
};
PreviewContent preview_content(const Strategy& strategy, const Step& step, const v1::RoutingFacts& facts,
                               const v1::Expert& expert);

// What is attached to the user data when the expert accepts; keys without a value are left out.
v1::UserData attached(const Strategy& strategy, const v1::RoutingFacts& facts, const v1::Expert& expert);

// The ways the call may follow to this expert: `direct` only if he has a DN for voice.
std::vector<v1::VoiceTarget> voice_targets(const Strategy& strategy, const v1::Expert& expert);

}  // namespace expertline::routing
