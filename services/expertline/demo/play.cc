#include "expertline/demo/play.h"

#include <fmt/format.h>

#include <chrono>
#include <set>

#include "expertline/terminal/words.h"

namespace expertline::cli {
namespace {

const std::string kAgent = "agent";
const std::string kPlatform = "platform";

// What the platform attaches; the binary value has bytes that no text may have.
v1::UserData attached() {
  v1::UserData data;
  auto& values = *data.mutable_values();
  values["topic"].set_text("fixed mortgage rates");
  values["customer.number"].set_text("C-4711");
  values["token"].set_binary(std::string("\x00\xff\x7f\x01", 4));
  return data;
}

std::string text_of(const v1::UserData& data, const std::string& key) {
  const auto found = data.values().find(key);
  return found == data.values().end() ? "(absent)" : found->second.text();
}

std::string call_id() {
  return fmt::format("demo-call-{:x}", std::chrono::system_clock::now().time_since_epoch().count());
}

std::string targets_of(const v1::Session& session) {
  std::string out;
  for (const auto& target : session.voice_targets()) {
    std::string kinds;
    for (const int kind : target.kinds()) {
      kinds += (kinds.empty() ? "" : ", ") + word(static_cast<v1::CallKind>(kind));
    }
    out += fmt::format("{}{} {} ({})", out.empty() ? "" : "; ", word(target.via()), target.dn(), kinds);
  }
  return out;
}

}  // namespace

void Play::perform() {
  experts_come_online();
  first_declines_second_overlooks_third_accepts();
  chat();
  transfer_through_routing_point();
  transfer_direct();
  conference();
  session_ends();
  agent_gives_up();
  nobody_is_free();
}

bool Play::clean_up() {
  bool clean = true;
  try {
    platform_.sweep();
    experts_.report(v1::PRESENCE_STATE_OFFLINE);
  } catch (const Unexpected&) {
    clean = false;
  }
  return experts_.remove() && clean;
}

void Play::experts_come_online() {
  script_.step("The experts come online");
  platform_.sweep();
  experts_.import();
  script_.say("directory", fmt::format("{} experts of the demo imported", DemoExperts::ids().size()));
  desk_.attach(DemoExperts::ids());
  script_.say("desk", "one stream serves all of them");
  experts_.report(v1::PRESENCE_STATE_ONLINE);
  experts_.wait(v1::PRESENCE_STATE_ONLINE, true);
}

void Play::first_declines_second_overlooks_third_accepts() {
  script_.step("The agent asks at routing point demo-im; the first expert declines");
  const std::string question = "My customer asks about fixed rates, can you help?";
  session_ = platform_.ask("demo-im", question, attached());
  script_.say(kAgent, "\"" + question + "\"");
  const auto first = desk_.preview(session_);
  script_.say(DemoExperts::called(first.expert()), fmt::format("sees the preview \"{}\"", first.message()));
  script_.expect(first.message() == "A customer asks about fixed mortgage rates", "the strategy's message",
                 first.message());
  script_.expect(text_of(first.show(), "topic") == "fixed mortgage rates", "the topic is shown",
                 text_of(first.show(), "topic"));
  script_.expect(first.show().values_size() == 1, "nothing but the topic is shown", first.show().ShortDebugString());
  desk_.decline(first, "meeting");
  script_.say(DemoExperts::called(first.expert()), "declines: in a meeting");

  script_.step("The next expert does not look, and the preview runs out");
  const auto second = desk_.preview(session_);
  script_.expect(second.expert() != first.expert(), "another expert is asked", second.expert());
  script_.say(DemoExperts::called(second.expert()),
              fmt::format("sees the preview, {} ms are left",
                          second.time_left().seconds() * 1000 + second.time_left().nanos() / 1'000'000));
  desk_.closed(second, v1::OFFER_OUTCOME_TIMED_OUT);
  script_.say(DemoExperts::called(second.expert()), "the preview vanishes from the screen: timed out");

  script_.step("The third expert accepts");
  const auto third = desk_.preview(session_);
  script_.expect(std::set<std::string>{first.expert(), second.expert(), third.expert()}.size() == 3,
                 "an expert who was not asked yet", third.expert());
  script_.say(DemoExperts::called(third.expert()), "sees the preview");
  desk_.accept(third);
  expert_ = third.expert();
  script_.say(DemoExperts::called(expert_), "accepts");
  const auto now = platform_.session("the im leg is active", [](const v1::Session& session) {
    return session.legs(0).state() == v1::LEG_STATE_ACTIVE;
  });
  const v1::Leg& leg = now.legs(0);
  script_.expect(id_of(leg.expert()) == expert_, expert_ + " is on the leg", leg.expert());
  script_.expect(now.voice_targets_size() == 2, "two ways for the call to follow", targets_of(now));
  script_.say(kAgent,
              fmt::format("is connected to {}; the call may follow by {}", leg.expert_display_name(), targets_of(now)));
  desk_.read(session_, v1::MESSAGE_AUTHOR_AGENT, question);
  script_.say(DemoExperts::called(expert_), "reads the agent's question");
}

void Play::chat() {
  script_.step("They chat");
  const std::string answer = "Yes. Which term does he want?";
  desk_.write(session_, expert_, answer);
  platform_.read(answer);
  script_.say(DemoExperts::called(expert_), "\"" + answer + "\"");
  const std::string reply = "Ten years, 250,000. May I send you the call?";
  platform_.write(reply);
  desk_.read(session_, v1::MESSAGE_AUTHOR_AGENT, reply);
  script_.say(kAgent, "\"" + reply + "\"");
  v1::UserValue amount;
  amount.set_number(250'000);
  platform_.set_user_data("amount", amount);
  script_.say(kPlatform, "attaches amount = 250000");
}

void Play::ring_answer_join(const std::string& leg) {
  platform_.report(leg, v1::VOICE_EVENT_RINGING, v1::LEG_STATE_CONNECTING);
  script_.say(kPlatform, fmt::format("reports: {} is ringing", DemoExperts::dn(expert_)));
  platform_.report(leg, v1::VOICE_EVENT_ANSWERED, v1::LEG_STATE_ACTIVE);
  script_.say(DemoExperts::called(expert_), "answers the phone");
  platform_.report(leg, v1::VOICE_EVENT_JOINED, v1::LEG_STATE_ACTIVE);
}

void Play::transfer_through_routing_point() {
  script_.step("The call is transferred through routing point 7099, with user data");
  const std::string call = call_id();
  const auto held = platform_.prepare(v1::VOICE_VIA_ROUTING_POINT, v1::CALL_KIND_TRANSFER, call);
  script_.expect(held.target().dn() == "7099", "the target is routing point 7099", held.target().dn());
  script_.expect(text_of(held.user_data(), "expert_id") == expert_, "user data names " + expert_,
                 text_of(held.user_data(), "expert_id"));
  script_.say(kPlatform, fmt::format("{}'s line is held as leg {}; target 7099, user data expert_id = {}",
                                     DemoExperts::called(expert_), held.leg(), expert_));
  platform_.route("7099", call, held.user_data());
  script_.say(kPlatform, "the call is at 7099");
  const auto routed = platform_.progress(v1::CALL_PROGRESS_ROUTED);
  script_.expect(routed.dn() == DemoExperts::dn(expert_), "routed to " + DemoExperts::dn(expert_), routed.dn());
  script_.expect(routed.leg() == held.leg(), "the held leg " + held.leg(), routed.leg());
  const auto& data = routed.user_data().values();
  const v1::UserData before = attached();
  for (const auto& [key, value] : before.values()) {
    const auto arrived = data.find(key);
    script_.expect(arrived != data.end() && arrived->second.SerializeAsString() == value.SerializeAsString(),
                   "user data " + key + " arrives byte by byte",
                   arrived == data.end() ? "(absent)" : arrived->second.ShortDebugString());
  }
  const auto amount = data.find("amount");
  script_.expect(amount != data.end() && amount->second.number() == 250'000, "amount = 250000 arrives",
                 amount == data.end() ? "(absent)" : amount->second.ShortDebugString());
  script_.say("routing", fmt::format("send it to {}, with {} values of user data", routed.dn(), data.size()));
  ring_answer_join(held.leg());
  platform_.progress(v1::CALL_PROGRESS_ACTIVE);
  script_.say(kPlatform, "the transfer is complete: customer and expert talk");
  platform_.report(held.leg(), v1::VOICE_EVENT_RELEASED, v1::LEG_STATE_ENDED);
  platform_.progress(v1::CALL_PROGRESS_ENDED);
  script_.say(kPlatform, "the call is released; the chat goes on");
  desk_.write(session_, expert_, "He wants to think it over.");
  platform_.read("He wants to think it over.");
  script_.say(DemoExperts::called(expert_), "\"He wants to think it over.\"");
}

std::string Play::prepare_direct(v1::CallKind kind) {
  const auto held = platform_.prepare(v1::VOICE_VIA_DIRECT, kind, "");
  script_.expect(held.target().dn() == DemoExperts::dn(expert_), "the target is " + DemoExperts::dn(expert_),
                 held.target().dn());
  script_.say(kPlatform, fmt::format("{}'s line is held as leg {}; call {} directly", DemoExperts::called(expert_),
                                     held.leg(), held.target().dn()));
  return held.leg();
}

void Play::transfer_direct() {
  script_.step("The customer calls again: transfer directly to the expert's number");
  const std::string leg = prepare_direct(v1::CALL_KIND_TRANSFER);
  ring_answer_join(leg);
  script_.say(kPlatform, "the transfer is complete");
  platform_.report(leg, v1::VOICE_EVENT_RELEASED, v1::LEG_STATE_ENDED);
  script_.say(kPlatform, "the call is released");
}

void Play::conference() {
  script_.step("Conference of customer, agent and expert, with the chat beside it");
  const std::string leg = prepare_direct(v1::CALL_KIND_CONFERENCE);
  ring_answer_join(leg);
  script_.say(kPlatform, "all three talk");
  platform_.write("Please mention the early repayment fee.");
  desk_.read(session_, v1::MESSAGE_AUTHOR_AGENT, "Please mention the early repayment fee.");
  script_.say(kAgent, "\"Please mention the early repayment fee.\"");
  platform_.report(leg, v1::VOICE_EVENT_LEFT, v1::LEG_STATE_ENDED);
  script_.say(DemoExperts::called(expert_), "leaves the conference");
}

void Play::session_ends() {
  script_.step("The agent ends the session");
  const auto ended = platform_.end(v1::SESSION_OUTCOME_HELPED);
  script_.expect(ended.state() == v1::SESSION_STATE_ENDED && ended.outcome() == v1::SESSION_OUTCOME_HELPED,
                 "the session is ended: helped", word(ended.state()) + ", " + word(ended.outcome()));
  script_.say(kAgent, fmt::format("ends it: helped, {} legs", ended.legs_size()));
  desk_.leg(session_, "im", v1::LEG_STATE_ENDED);
  experts_.wait_free();
  script_.say("experts", "nothing holds any of them");
}

void Play::agent_gives_up() {
  script_.step("Another question; the agent gives up while an expert is being asked");
  session_ = platform_.ask("demo-im", "Never mind, I found it.", attached());
  const auto preview = desk_.preview(session_);
  script_.say(DemoExperts::called(preview.expert()), "sees the preview");
  platform_.cancel_leg("im");
  script_.say(kAgent, "gives up");
  desk_.closed(preview, v1::OFFER_OUTCOME_CANCELED);
  script_.say(DemoExperts::called(preview.expert()), "the preview vanishes from the screen: canceled");
  const auto ended =
      platform_.session("the session is ended", [](const auto& s) { return s.state() == v1::SESSION_STATE_ENDED; });
  script_.expect(ended.outcome() == v1::SESSION_OUTCOME_CANCELED, "outcome canceled", word(ended.outcome()));
  experts_.wait_free();
}

void Play::nobody_is_free() {
  script_.step("Nobody is free: default routing");
  experts_.report(v1::PRESENCE_STATE_AWAY);
  experts_.wait(v1::PRESENCE_STATE_AWAY, false);
  session_ = platform_.ask("demo-im", "Is anybody there?", attached());
  script_.say(kAgent, "\"Is anybody there?\"");
  const auto leg = platform_.leg("im", v1::LEG_STATE_ENDED);
  script_.expect(leg.outcome() == v1::LEG_OUTCOME_DEFAULT_ROUTED, "default routing", word(leg.outcome()));
  script_.expect(leg.default_target().has_agent_text(), "a text for the agent",
                 leg.default_target().ShortDebugString());
  script_.say("routing", "tells the agent: " + leg.default_target().agent_text());
}

}  // namespace expertline::cli
