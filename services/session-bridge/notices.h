// What we say ourselves, in words. Pure.
#pragma once

#include <map>
#include <string>

namespace expertline::bridge {

enum class Notice {
  kPaused,        // to an expert
  kResumed,       // to an expert
  kNobodyJoined,  // in a conversation: a further expert was sought
  kNobodyTookOver,
  kAgentChanged,  // in a conversation: {agent}
};

// In `language` (BCP 47) where there are words in it, else in English. `{name}` stands for what `values` says.
std::string notice_text(Notice notice, const std::string& language,
                        const std::map<std::string, std::string>& values = {});

}  // namespace expertline::bridge
