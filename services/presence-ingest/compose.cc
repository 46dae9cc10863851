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
bool names_number(const Observation& o) { return !offline(o) && !o.content.number().empty(); }

// Something at which he can be reached, as opposed to something that only knows of him.
bool live_device(const Observation& o) {
  const v1::SourceKind kind = o.content.kind();
  return !offline(o) &&
         (kind == v1::SOURCE_KIND_CLIENT || kind == v1::SOURCE_KIND_DESKTOP || kind == v1::SOURCE_KIND_PHONE);
}
// A number to follow is an endpoint too, for voice.
bool live_endpoint(const Observation& o) { return live_device(o) || names_number(o); }

struct Claim {
  int rank = 0;  // lower wins
  v1::PresenceState state = v1::PRESENCE_STATE_OFFLINE;
  const char* reason = "";
};

// Do not disturb comes before everything else.
constexpr int kWithoutDoNotDisturb = 10;

// What a source that is no manual state says of the state, if anything. A phone that is registered and idle does not
// prove that anybody sits there. Who is in a call of ours is on the phone because of it, so anything else that keeps
// him from tasks comes first.
std::optional<Claim> claim(const Observation& o, bool in_our_call) {
  const v1::PresenceState says = o.content.state();
  if (offline(o)) return std::nullopt;
  Claim c;
  if (on_the_phone(o)) {
    c = in_our_call ? Claim{4, says, "a source says: on the phone, in a call of ours"}
                    : Claim{1, says, "a source says: on the phone"};
  } else if (is_phone(o)) {
    if (!o.content.do_not_disturb()) return std::nullopt;
    c = {2, v1::PRESENCE_STATE_BUSY, ""};
  } else {
    switch (says) {
      case v1::PRESENCE_STATE_BUSY:
        c = {2, says, "a source says: busy"};
        break;
      case v1::PRESENCE_STATE_APPEAR_OFFLINE:
        c = {3, says, "a source says: appear offline"};
        break;
      case v1::PRESENCE_STATE_ONLINE:
        c = {5, says, "a source says: online"};
        break;
      default:
        c = {6, says, "a source says: away"};
    }
  }
  if (o.content.do_not_disturb()) {
    c.reason = "a source says: do not disturb";
  } else {
    c.rank += kWithoutDoNotDisturb;
  }
  return c;
}

// `all` is sorted with the latest first, so the first of the best rank is the latest.
const Observation* decide(const std::vector<Observation>& all, bool in_our_call, Composed& out) {
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
    const std::optional<Claim> c = claim(o, in_our_call);
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
// decides. `also_no`: there is one more that cannot.
bool endpoints_allow(const std::vector<Observation>& all, v1::Tristate (*says)(const Observation&), bool also_no) {
  const auto some = [&](v1::Tristate value) {
    return std::any_of(all.begin(), all.end(), [&](const Observation& o) { return says(o) == value; });
  };
  return some(v1::TRISTATE_YES) || !(also_no || some(v1::TRISTATE_NO));
}

v1::Tristate says_im(const Observation& o) { return offline(o) ? v1::TRISTATE_UNSPECIFIED : o.content.can_im(); }

v1::Tristate says_voice(const Observation& o) {
  if (offline(o)) return is_phone(o) ? v1::TRISTATE_NO : v1::TRISTATE_UNSPECIFIED;
  return names_number(o) ? v1::TRISTATE_YES : o.content.can_voice();
}

bool state_allows_im(v1::PresenceState state, bool busy_takes_im) {
  return state == v1::PRESENCE_STATE_ONLINE || state == v1::PRESENCE_STATE_ON_THE_PHONE ||
         state == v1::PRESENCE_STATE_APPEAR_OFFLINE || (busy_takes_im && state == v1::PRESENCE_STATE_BUSY);
}

}  // namespace

Composed compose(std::vector<Observation> observations, const Circumstances& circumstances) {
  Composed out;
  std::erase_if(observations,
                [&](const Observation& o) { return o.expires_ms != 0 && o.expires_ms <= circumstances.now_ms; });
  std::sort(observations.begin(), observations.end(), [](const Observation& a, const Observation& b) {
    return a.since != b.since ? a.since > b.since : a.source < b.source;
  });
  // What a lost source said is unknown. A telephone of which nothing is known may be in a call.
  std::vector<std::string> lost;
  bool lost_phone = false;
  for (const Observation& o : observations) {
    if (o.expires_ms != 0 && (out.due_ms == 0 || o.expires_ms < out.due_ms)) out.due_ms = o.expires_ms;
    if (!o.lost) continue;
    lost.push_back(o.source);
    lost_phone = lost_phone || (is_phone(o) && !offline(o));
  }
  std::erase_if(observations, [](const Observation& o) { return o.lost; });

  const Observation* winner = decide(observations, circumstances.in_our_call, out);
  if (winner != nullptr) {
    out.winner = winner->source;
    if (!winner->content.private_note()) out.note = winner->content.note();
  }
  std::sort(lost.begin(), lost.end());
  for (size_t i = 0; i < lost.size(); ++i) out.reason += (i == 0 ? "; lost: " : ", ") + lost[i];
  for (const Observation& o : observations) {
    if (&o != winner && o.content.state() != out.state) out.losers.push_back(o.source);
  }
  std::sort(out.losers.begin(), out.losers.end());

  const auto any = [&](auto... conditions) {
    return std::any_of(observations.begin(), observations.end(),
                       [&](const Observation& o) { return (conditions(o) && ...); });
  };
  const auto number = std::find_if(observations.begin(), observations.end(), names_number);
  if (number != observations.end()) out.number = number->content.number();
  out.do_not_disturb = any([](const Observation& o) { return !offline(o) && o.content.do_not_disturb(); });
  out.im = state_allows_im(out.state, circumstances.busy_takes_im) && !out.do_not_disturb && any(live_device) &&
           endpoints_allow(observations, says_im, false);
  // A call of ours counts in his load, not here.
  const bool off_hook = !circumstances.in_our_call && any(is_phone, on_the_phone);
  const bool state_allows_voice = out.state == v1::PRESENCE_STATE_ONLINE ||
                                  (circumstances.in_our_call && out.state == v1::PRESENCE_STATE_ON_THE_PHONE);
  out.voice =
      state_allows_voice && !out.do_not_disturb && !off_hook && endpoints_allow(observations, says_voice, lost_phone);
  return out;
}

}  // namespace expertline::presence
