// What happened in a case, in words. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "expertline/v1/common.pb.h"
#include "expertline/v1/session.pb.h"
#include "expertline/v1/strategy.pb.h"
#include "play/table.h"

namespace expertline::cli {

std::string text_of(const v1::UserValue& value);
std::string quoted(const std::string& text);
// `ann, ben`, or `nobody`.
std::string listed(const std::vector<std::string>& names);
// `direct 5001: transfer, consult`.
std::string way(const v1::VoiceTarget& target);
// As in the language: `voicemail`, `agent`, `routing_point` or `dn`, and its value.
std::pair<std::string, std::string> target_of(const v1::DefaultTarget& target);
// `ann is asked in "specialist"`, `it waits in "specialist"`, `it ends with voicemail "team"`.
std::string state_of(const play::Leg& leg);
// Each step that was tried and, below it, each expert with the reason; of many experts the first.
std::vector<std::string> in_lines(const v1::ExplainedDecision& explained);

}  // namespace expertline::cli
