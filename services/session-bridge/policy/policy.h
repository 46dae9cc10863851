// What the operator of session-bridge has laid down: words in people's languages, what may be sent, who may ask where
// and when, media, and how long things are kept. Read from a file by policy_file.h; docs/policy.md is its reference.
//
// Pure: every answer follows from the arguments. Without a file it is Policy{}.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "expertline/v1/conversation.pb.h"
#include "expertline/v1/session.pb.h"
#include "routing/calendar.h"
#include "session-bridge/policy/files.h"

namespace expertline::bridge {

inline constexpr int64_t kDefaultRetentionMs = 24LL * 3600 * 1000;

// One text in several languages: by tag in lower case. The first language of the policy is always there.
using Words = std::map<std::string, std::string>;

// `billing*` for names that begin so, `*` for any, else the whole name.
struct Patterns {
  std::vector<std::string> list;

  bool match(std::string_view name) const;
};

// Of somebody who is asked for or asks. A list that is empty does not restrict; those that are there must all hold.
struct Who {
  Patterns ids;
  Patterns sites;
  std::vector<std::string> groups;

  bool any() const { return ids.list.empty() && sites.list.empty() && groups.empty(); }
};

// The first rule that fits decides; where none does, it is allowed.
struct Rule {
  std::string name;
  Who agents;
  std::optional<Who> experts;  // fits only who asks for an expert by name: one of these
  Patterns routing_points;
  Patterns content;  // not empty: about messages, `text` or media types; else about asking
  v1::MessageAuthor from = v1::MESSAGE_AUTHOR_UNSPECIFIED;  // about messages of this side; unspecified: of either
  std::optional<routing::Calendar> hours;                   // fits only while it is open
  bool allow = true;
  std::string why;
};

struct Preset {
  std::string id;
  Words text;
  Patterns routing_points;                                  // empty: everywhere
  v1::MessageAuthor side = v1::MESSAGE_AUTHOR_UNSPECIFIED;  // unspecified: both
};

struct Reason {
  std::string id;
  Words text;
};

enum class Kind { kConversation, kCall };

// Somebody asks at a routing point, by TransferSession or AddParticipant too.
struct Asking {
  v1::Agent agent;
  std::string routing_point;                    // empty: an expert is asked by name
  std::string expert = {};                      // who is asked by name, if somebody is
  std::vector<std::string> expert_groups = {};  // his, as the directory has them
  std::string expert_site = {};
};

// Somebody says something in a session.
struct Saying {
  const v1::Agent& agent;     // of the session
  std::string routing_point;  // of the conversation
  v1::MessageAuthor from = v1::MESSAGE_AUTHOR_AGENT;
  bool text = false;
  const v1::File* file = nullptr;  // or null
};

class Policy {
 public:
  // NOT_ALLOWED with `routing_point`, `rule`, `why`. `now_ms`: wall clock.
  Result<Done> may_ask(const Asking& asking, int64_t now_ms) const;
  // CONTENT_NOT_ALLOWED with `rule`, `why`, and of a file `media_type`, `bytes`, `limit`. The form of the file has been
  // checked (check_file).
  Result<Done> may_say(const Saying& saying, int64_t now_ms) const;

  // A text in the first language of `tags` that it has (`de` serves `de-CH`), else in the first of the policy: the
  // language and the text.
  std::pair<std::string, std::string> said(const Words& words, const std::vector<std::string>& tags) const;

  // What a message of the file (`request`, `standby` ...) says, with its places filled; empty if the
  // operator has no words for it.
  struct Places {
    std::string agent, expert, routing_point;
  };
  std::string message(const std::string& message, const std::vector<std::string>& tags, const Places& places) const;

  // For this routing point (empty: those that hold everywhere) and side (unspecified: all), in the file's order.
  std::vector<v1::PresetText> presets(const std::string& routing_point, const std::vector<std::string>& tags,
                                      v1::MessageAuthor side) const;
  // UNKNOWN_PRESET if there is none of that id for this routing point and side.
  Result<std::string> preset(const std::string& id, const std::string& routing_point,
                             const std::vector<std::string>& tags, v1::MessageAuthor side) const;
  std::vector<v1::PresetText> reasons(const std::vector<std::string>& tags) const;
  // INVALID_FIELD where there is a list of reasons and this is none of them; empty is always good.
  Result<Done> check_reason(const std::string& field, const std::string& reason) const;

  // What a medium is; one that nobody has named is a conversation.
  Kind kind(const std::string& medium) const;

  std::vector<std::string> languages = {"en"};  // the first is the default
  std::vector<Reason> decline_reasons;
  std::vector<Preset> preset_texts;
  std::map<std::string, Words> messages;
  FileRules files;
  std::map<std::string, Kind> media = {{"im", Kind::kConversation}, {"voice", Kind::kCall}};
  int64_t session_retention_ms = kDefaultRetentionMs;
  int64_t conversation_retention_ms = kDefaultRetentionMs;  // at most that of sessions
  std::vector<Rule> access;

 private:
  // The first rule, about messages or about asking, that fits in all that both have and in `fits`.
  const Rule* first(bool of_messages, const v1::Agent& agent, const std::string& routing_point, int64_t now_ms,
                    const std::function<bool(const Rule&)>& fits) const;
  v1::PresetText shown(const std::string& id, const Words& words, const std::vector<std::string>& tags) const;
};

}  // namespace expertline::bridge
