// What somebody wants to say in a conversation, from the platform or from a desk.
#pragma once

#include <optional>
#include <string>

#include "expertline/v1/conversation.pb.h"
#include "session-bridge/domain.h"

namespace expertline::bridge {

struct Speech {
  v1::MessageAuthor author = v1::MESSAGE_AUTHOR_UNSPECIFIED;
  std::string author_id;
  std::string action;  // for the audit: the RPC
  std::string text;
  std::optional<v1::File> file;
  std::string preset;
  std::string language;  // of the preset; empty: the agent's first
};

// Of a SendMessageRequest or a DeskSendMessage.
template <typename Request>
Speech speech_of(v1::MessageAuthor author, const std::string& author_id, const std::string& action,
                 const Request& request) {
  Speech speech{.author = author,
                .author_id = author_id,
                .action = action,
                .text = request.text(),
                .file = std::nullopt,
                .preset = request.preset(),
                .language = request.language()};
  if (request.has_file()) speech.file = request.file();
  return speech;
}

// The message as it is to be stored, without id and time. INVALID_FIELD, UNKNOWN_PRESET; CONTENT_NOT_ALLOWED is in the
// audit when this answers.
Task<Result<v1::Message>> compose(Domain* at, state::SessionRecord record, Speech speech);

// INVALID_FIELD unless they are ids of messages, or empty.
Result<Done> check_marks(const std::string& delivered, const std::string& read);

}  // namespace expertline::bridge
