#include "session-bridge/speech.h"

#include "base/names.h"
#include "session-bridge/requests.h"

namespace expertline::bridge {
namespace {

Result<Done> check(const Speech& speech) {
  if (!speech.preset.empty()) {
    if (!speech.text.empty() || speech.file) return invalid_field("preset", "without text and file");
    return check_id("preset", speech.preset);
  }
  if (!speech.file) return check_text("text", speech.text);
  if (speech.text.size() > kMostTextBytes) return invalid_field("text", "at most 8,000 bytes");
  return check_file("file", *speech.file);
}

// Where the conversation he takes part in was asked for.
std::string routing_point_of(const state::SessionRecord& record, const std::string& expert) {
  const state::Leg* leg = record.conversation();
  for (const state::Leg& one : record.legs) {
    if (!one.connect && one.state == "active" && one.expert == expert) leg = &one;
  }
  if (leg == nullptr && !record.legs.empty()) leg = &record.legs.front();
  return leg == nullptr ? "" : leg->routing_point;
}

const char* kind_of(v1::MessageAuthor author) {
  if (author == v1::MESSAGE_AUTHOR_EXPERT) return "expert:";
  return author == v1::MESSAGE_AUTHOR_SUPERVISOR ? "supervisor:" : "agent:";
}

}  // namespace

Task<Result<v1::Message>> compose(Domain* at, state::SessionRecord record, Speech speech) {
  if (const auto checked = check(speech); !checked) co_return checked.error();
  const v1::Agent& agent = record.facts.agent();
  const bool expert = speech.author == v1::MESSAGE_AUTHOR_EXPERT;
  const std::string routing_point = routing_point_of(record, expert ? speech.author_id : "");
  v1::Message message;
  message.set_author(speech.author);
  message.set_author_id(speech.author_id);
  message.set_text(speech.text);
  if (!speech.preset.empty()) {
    std::vector<std::string> tags(agent.languages().begin(), agent.languages().end());
    if (!speech.language.empty()) tags = {speech.language};
    const auto text = at->policy().preset(speech.preset, routing_point, tags, speech.author);
    if (!text) co_return text.error();
    message.set_text(*text);
    message.set_preset(speech.preset);
  }
  if (speech.file) {
    *message.mutable_file() = std::move(*speech.file);
    if (message.file().has_content())
      message.mutable_file()->set_size(static_cast<int64_t>(message.file().content().size()));
  }
  const Saying saying{.agent = agent,
                      .routing_point = routing_point,
                      .from = expert ? v1::MESSAGE_AUTHOR_EXPERT : v1::MESSAGE_AUTHOR_AGENT,
                      .text = !message.text().empty(),
                      .file = message.has_file() ? &message.file() : nullptr};
  const auto may = at->policy().may_say(saying, at->wall_now());
  if (!may) {
    const std::string actor = kind_of(speech.author) + speech.author_id;
    const std::string target = session_name(at->name(), record.id);
    co_return co_await at->refused(actor, speech.action, target, may.error());
  }
  co_return message;
}

Result<Done> check_marks(const std::string& delivered, const std::string& read) {
  if (!is_message_id(delivered)) return invalid_field("delivered", "the id of a message");
  if (!is_message_id(read)) return invalid_field("read", "the id of a message");
  return Done{};
}

}  // namespace expertline::bridge
