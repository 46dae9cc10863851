#include "presence-ingest/compose.h"

#include <algorithm>
#include <optional>

namespace expertline::presence {
namespace {

using state::Observation;

bool is_manual(const Observation& o) { return o.content.kind() == v1::SOURCE_KIND_MANUAL; }
bool is_phone(const Observation& o) { return o.content.kind() == v1::SOURCE_KIND_PHONE; }
bool offline(const Observation& o) { return o.content.state() == v1::PRESENCE_STATE_OFFLINE; }
bool on_the_phone(const Observation& o) { return o.content.state() == v1::PRESENCE_STATE_ON_THE_PHONE; }

// Something at which he can be reached, as opposed to something that only knows of him.
bool live_endpoint(const Observation& o) {
  const v1::SourceKind kind = o.content.kind();
  return !offline(o) &&
         (kind == v1::SOURCE_KIND_CLIENT || kind == v1::SOURCE_KIND_DESKTOP || kind == v1::SOURCE_KIND_PHONE);
}

struct Claim {
  int rank = 0;  // lower wins
  v1::PresenceState state = v1::PRESENCE_STATE_OFFLINE;
  const char* reason = "";
};

// What a source that is no manual state says of the state, if anything. A phone that is registered and idle does not
// prove that anybody sits there.
std::optional<Claim> claim(const Observation& o) {
  const v1::PresenceState says = o.content.state();
  if (offline(o)) return std::nullopt;
  if (o.content.do_not_disturb()) {
    const bool phone_idle = is_phone(o) && !on_the_phone(o);
    return Claim{0, phone_idle ? v1::PRESENCE_STATE_BUSY : says, "a source says: do not disturb"};
  }
  if (on_the_phone(o)) return Claim{1, says, "a source says: on the phone"};
  if (is_phone(o)) return std::nullopt;
  switch (says) {
    case v1::PRESENCE_STATE_BUSY:
      return Claim{2, says, "a source says: busy"};
    case v1::PRESENCE_STATE_APPEAR_OFFLINE:
      return Claim{3, says, "a source says: appear offline"};
    case v1::PRESENCE_STATE_ONLINE:
      return Claim{4, says, "a source says: online"};
    default:
      return Claim{5, says, "a source says: away"};
  }
}

// `all` is sorted with the latest first, so the first of the best rank is the latest.
const Observation* decide(const std::vector<Observation>& all, Composed& out) {
  if (std::none_of(all.begin(), all.end(), live_endpoint)) {
    out.reason = all.empty() ? "no source says anything" : "no live endpoint";
    const auto said = std::find_if(all.begin(), all.end(), offline);
    return said == all.end() ? nullptr : &*said;
  }
  const auto manual = std::find_if(all.begin(), all.end(), is_manual);
  if (manual != all.end()) {
    out.state = manual->content.state();
    out.reason = "he said so himself";
    return &*manual;
  }
  const Observation* winner = nullptr;
  std::optional<Claim> best;
  for (const Observation& o : all) {
    const std::optional<Claim> c = claim(o);
    if (c && (!best || c->rank < best->rank)) {
      best = c;
      winner = &o;
    }
  }
  if (!best) {
    out.reason = "only an idle phone, which does not prove that anybody is there";
    return nullptr;
  }
  out.state = best->state;
  out.reason = best->reason;
  return winner;
}

// What his endpoints say of one medium when the state allows it: one that can is enough; if none knows, the state
// decides.
bool endpoints_allow(const std::vector<Observation>& all, v1::Tristate (*says)(const Observation&)) {
  const auto some = [&](v1::Tristate value) {
    return std::any_of(all.begin(), all.end(), [&](const Observation& o) { return says(o) == value; });
  };
  return some(v1::TRISTATE_YES) || !some(v1::TRISTATE_NO);
}

v1::Tristate says_im(const Observation& o) { return offline(o) ? v1::TRISTATE_UNSPECIFIED : o.content.can_im(); }

v1::Tristate says_voice(const Observation& o) {
  if (offline(o)) return is_phone(o) ? v1::TRISTATE_NO : v1::TRISTATE_UNSPECIFIED;
  return o.content.can_voice();
}

bool state_allows_im(v1::PresenceState state) {
  return state == v1::PRESENCE_STATE_ONLINE || state == v1::PRESENCE_STATE_ON_THE_PHONE ||
         state == v1::PRESENCE_STATE_APPEAR_OFFLINE;
}

}  // namespace

Composed compose(std::vector<Observation> observations, int64_t now_ms) {
  Composed out;
  std::erase_if(observations, [&](const Observation& o) { return o.expires_ms != 0 && o.expires_ms <= now_ms; });
  std::sort(observations.begin(), observations.end(), [](const Observation& a, const Observation& b) {
    return a.since_ms != b.since_ms ? a.since_ms > b.since_ms : a.source < b.source;
  });
  for (const Observation& o : observations) {
    if (o.expires_ms != 0 && (out.due_ms == 0 || o.expires_ms < out.due_ms)) out.due_ms = o.expires_ms;
  }

  const Observation* winner = decide(observations, out);
  if (winner != nullptr) {
    out.winner = winner->source;
    out.note = winner->content.note();
  }
  for (const Observation& o : observations) {
    if (&o != winner && o.content.state() != out.state) out.losers.push_back(o.source);
  }
  std::sort(out.losers.begin(), out.losers.end());

  out.do_not_disturb = std::any_of(observations.begin(), observations.end(),
                                   [](const Observation& o) { return !offline(o) && o.content.do_not_disturb(); });
  const bool off_hook = std::any_of(observations.begin(), observations.end(),
                                    [](const Observation& o) { return is_phone(o) && on_the_phone(o); });
  out.im = state_allows_im(out.state) && !out.do_not_disturb && endpoints_allow(observations, says_im);
  out.voice = out.state == v1::PRESENCE_STATE_ONLINE && !out.do_not_disturb && !off_hook &&
              endpoints_allow(observations, says_voice);
  return out;
}

}  // namespace expertline::presence
