#include "session-bridge/notices.h"

#include <absl/strings/str_replace.h>

#include <utility>
#include <vector>

namespace expertline::bridge {
namespace {

std::string english(Notice notice) {
  switch (notice) {
    case Notice::kPaused:
      return "You let several requests run out, so you get no more for now. Say that you are back, answer a request or "
             "set a new presence to get them again.";
    case Notice::kResumed:
      return "You get requests again.";
    case Notice::kNobodyJoined:
      return "No further expert was found.";
    case Notice::kNobodyTookOver:
      return "No other expert was found; the one who is here stays.";
    case Notice::kAgentChanged:
      return "{agent} has taken over from the agent before.";
  }
  return "";
}

}  // namespace

std::string notice_text(Notice notice, const std::string&, const std::map<std::string, std::string>& values) {
  std::vector<std::pair<std::string, std::string>> replacements;
  for (const auto& [name, value] : values) replacements.emplace_back("{" + name + "}", value);
  return absl::StrReplaceAll(english(notice), replacements);
}

}  // namespace expertline::bridge
