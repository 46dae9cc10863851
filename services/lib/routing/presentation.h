// What a strategy lets an expert and an agent see. Pure. An expert who is not in the snapshot has no names: what would
// have needed one is left out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "expertline/v1/session.pb.h"
#include "expertline/v1/strategy.pb.h"
#include "routing/snapshot.h"
#include "routing/strategy.h"

namespace expertline::routing {

// What is shown in a preview. Never a secret.
struct PreviewContent {
  std::string message;
  v1::UserData show;
};
PreviewContent preview_content(const Strategy& strategy, const Step& step, const Snapshot& snapshot,
                               const v1::RoutingFacts& facts, const v1::Moment& moment, std::string_view expert);

// What is attached to the user data when the expert accepts; keys without a value are left out. Secrets may be among
// it: they travel with the call.
v1::UserData attached(const Strategy& strategy, const Snapshot& snapshot, const v1::RoutingFacts& facts,
                      const v1::Moment& moment, std::string_view expert);

// The ways the call may follow to this expert: `direct` only if he has a DN for voice.
std::vector<v1::VoiceTarget> voice_targets(const Strategy& strategy, const Snapshot& snapshot, std::string_view expert);

}  // namespace expertline::routing
