#include "expertline/test_strategies/player.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <map>
#include <set>

#include "expertline/terminal/words.h"
#include "expertline/test_strategies/describe.h"
#include "play/table.h"
#include "routing/explain.h"
#include "routing/record.h"
#include "routing/statistics.h"

namespace expertline::cli {
namespace {

using play::Leg;
using routing::Decision;

// A strategy whose calendar is always open, or never.
std::shared_ptr<const routing::Strategy> with_hours(const std::shared_ptr<const routing::Strategy>& strategy,
                                                    bool open) {
  auto calendar = std::make_shared<routing::Calendar>();
  if (strategy->hours) calendar->name = strategy->hours->name;
  if (open) calendar->week.fill({{.from = 0, .to = 24 * 60}});
  auto copy = std::make_shared<routing::Strategy>(*strategy);
  copy->hours = std::move(calendar);
  return copy;
}

void seat(const TestCase& test, const roster::Member& member, play::Table& table) {
  Given given;
  const auto found = test.given.find(member.id);
  if (found != test.given.end()) given = found->second;
  if (!given.there) return;
  v1::ExpertRecord record = play::at_work(member.record, member.id, given.state);
  record.set_has_desk(given.desk);
  record.set_block(given.blocked);
  record.set_note(given.note);
  if (given.idle_ms) record.set_idle_since_ms(test.now_ms - *given.idle_ms);
  for (v1::MediumStatus& medium : *record.mutable_media()) {
    const auto used = given.used.find(medium.medium());
    if (used != given.used.end()) medium.set_used(used->second);
  }
  if (given.do_not_disturb) {
    record.set_do_not_disturb(true);
    for (v1::MediumStatus& medium : *record.mutable_media()) medium.set_routable(false);
  }
  record.set_offers_today(given.offers_today);
  record.set_worked_today_ms(given.worked_today_ms);
  table.put(record);
}

// One case with one seed.
class Player : play::Watcher {
 public:
  Player(const TestCase& test, std::shared_ptr<const routing::Strategy> strategy,
         const std::vector<roster::Member>& experts, uint64_t seed, Coverage& coverage)
      : test_(test),
        strategy_(std::move(strategy)),
        seed_(seed),
        coverage_(coverage),
        table_(test.now_ms, this, &asked_) {
    seat_experts(test, experts, table_);
    v1::RoutingFacts facts = test.request;
    facts.set_seed(seed);
    leg_ = table_.begin(strategy_, std::move(facts));
    if (!asked_.conditions.empty()) coverage_.note(*strategy_, asked_);
  }

  // Until something is not as expected.
  void run() {
    for (const Moment& moment : test_.then) {
      if (moment.event) happen(*moment.event);
      for (const Check& check : moment.checks) {
        expect(check);
        if (!failures.empty() && is_state(check.kind)) return;  // the rest of it would only say so again
      }
      if (!failures.empty()) return;
    }
    for (const Check& check : test_.whole) expect(check);
  }

  // Whom the first preview, or the leg itself, went to.
  std::string first() const {
    const Leg& leg = table_.leg(leg_);
    return leg.offers.empty() ? leg.expert : leg.offers.front().expert;
  }

  std::vector<Failure> failures;
  std::vector<std::string> course;

 private:
  const Leg& leg() const { return table_.leg(leg_); }

  // Hearing -----------------------------------------------------------------------------------------------------------

  void decided(size_t, const Decision& decision, const v1::RoutingFacts& facts, const v1::Moment& moment) override {
    coverage_.note(*strategy_, decision, asked_);
    asked_.conditions.clear();
    explained_.reset();
    record_ = routing::record_of(*strategy_, table_.snapshot(), facts, moment, decision);
  }

  void offered(size_t, const play::Offer& offer) override {
    tell(absl::StrCat("offer to ", offer.expert, " in ", quoted(offer.step)));
  }

  void closed(size_t, const play::Offer& offer) override {
    tell(absl::StrCat(offer.expert, ": ", word(offer.outcome)));
  }

  void changed(size_t, const Leg& now) override {
    if (now.state != Leg::State::kOffering) tell(state_of(now));
  }

  void tell(const std::string& what) {
    course.push_back(absl::StrCat("+", yaml::duration_text(table_.now_ms() - test_.now_ms), "  ", what));
  }

  // What happens ------------------------------------------------------------------------------------------------------

  std::vector<std::string> open() const {
    std::vector<std::string> experts;
    for (const play::Offer& offer : leg().offers) {
      if (offer.outcome == v1::OFFER_OUTCOME_UNSPECIFIED) experts.push_back(offer.expert);
    }
    return experts;
  }

  void happen(const Event& event) {
    using Kind = Event::Kind;
    switch (event.kind) {
      case Kind::kAccepts:
      case Kind::kDeclines:
      case Kind::kTimesOut:
        answer(event);
        break;
      case Kind::kNoAnswer:
        if (leg().state == Leg::State::kWithExpert && (means_any(event) || event.experts.front() == leg().expert)) {
          table_.no_answer(leg_);
        } else {
          fail(event.mark, absl::StrCat(event.text, ", so that he has the call"), state_of(leg()));
        }
        break;
      case Kind::kBecomes:
        for (const std::string& expert : event.experts) table_.presence(expert, event.state);
        break;
      case Kind::kBecomesFree:
        for (const std::string& expert : event.experts) table_.free(expert);
        break;
      case Kind::kWait:
        table_.advance_to(table_.now_ms() + event.ms);
        break;
      case Kind::kAgentCancels:
        if (!table_.cancel(leg_)) fail(event.mark, "a request that the agent can still cancel", state_of(leg()));
        break;
    }
  }

  static bool means_any(const Event& event) { return event.experts == std::vector<std::string>{"any"}; }

  void answer(const Event& event) {
    const std::vector<std::string> asked = open();
    std::vector<std::string> who = means_any(event) ? asked : event.experts;
    if (event.kind == Event::Kind::kAccepts && who.size() > 1) who.resize(1);
    for (const std::string& expert : who) {
      if (std::find(asked.begin(), asked.end(), expert) == asked.end()) who.clear();
    }
    if (who.empty()) {
      fail(event.mark,
           absl::StrCat("`", event.text, "`, so an offer to ", means_any(event) ? "somebody" : listed(event.experts)),
           state_of(leg()));
      return;
    }
    if (event.kind == Event::Kind::kTimesOut) {
      table_.advance_to(leg().offers.back().due_ms);
      return;
    }
    for (const std::string& expert : who) {
      if (event.kind == Event::Kind::kAccepts) {
        table_.accept(leg_, expert);
      } else {
        table_.decline(leg_, expert);
      }
    }
  }

  // What is expected --------------------------------------------------------------------------------------------------

  void fail(yaml::Mark mark, std::string expected, std::string actual) {
    failures.push_back({.mark = mark,
                        .expected = std::move(expected),
                        .actual = std::move(actual),
                        .why = in_lines(explained()),
                        .seed = seed_});
  }

  void expect(const Check& check) {
    using Kind = Check::Kind;
    const Leg& now = leg();
    switch (check.kind) {
      case Kind::kOffer:
        require(now.state == Leg::State::kOffering, check, "an offer");
        break;
      case Kind::kExactly: {
        std::vector<std::string> wanted = check.names, asked = open();
        std::sort(wanted.begin(), wanted.end());
        std::sort(asked.begin(), asked.end());
        if (wanted != asked) fail(check.mark, absl::StrCat("an offer to ", listed(check.names)), state_of(now));
        break;
      }
      case Kind::kOneOf:
        for (const std::string& expert : open()) {
          if (!named(check, expert)) {
            fail(check.mark, absl::StrCat("offers to some of ", listed(check.names), " only"), state_of(now));
          }
        }
        break;
      case Kind::kCount:
        require(static_cast<int64_t>(open().size()) == check.number, check, absl::StrCat(check.number, " at once"));
        break;
      case Kind::kStep:
        if (now.decision.step == nullptr || now.decision.step->name != check.step) {
          fail(check.mark, absl::StrCat("step ", quoted(check.step)), state_of(now));
        }
        break;
      case Kind::kWaits:
        require(now.state == Leg::State::kWaiting, check, "waiting");
        break;
      case Kind::kUpTo:
        if (now.decision.wait_ms != check.number) {
          fail(check.mark, absl::StrCat("waiting for up to ", yaml::duration_text(check.number)),
               absl::StrCat("up to ", yaml::duration_text(now.decision.wait_ms)));
        }
        break;
      case Kind::kAcceptedBy:
      case Kind::kStraight: {
        const bool straight = check.kind == Kind::kStraight;
        const bool his = now.state == Leg::State::kWithExpert && now.straight == straight && named(check, now.expert);
        require(his, check,
                straight ? absl::StrCat("straight to ", listed(check.names))
                         : absl::StrCat("accepted by ", listed(check.names)));
        break;
      }
      case Kind::kVoicemail:
        target("voicemail", check);
        break;
      case Kind::kAgentText:
        target("agent", check);
        break;
      case Kind::kRoutingPoint:
        target("routing_point", check);
        break;
      case Kind::kDn:
        target("dn", check);
        break;
      case Kind::kCanceled:
        require(now.state == Leg::State::kEnded && now.end == Leg::End::kCanceled, check, "canceled");
        break;
      case Kind::kRefused:
        require(now.state == Leg::State::kRefused, check, "a refusal");
        if (check.text && now.state == Leg::State::kRefused && now.refusal != *check.text) {
          fail(check.mark, absl::StrCat("a refusal that says ", quoted(*check.text)), state_of(now));
        }
        break;
      case Kind::kReason:
      case Kind::kSkipped:
      case Kind::kRelaxed:
      case Kind::kPriority:
        expect_of_decision(check);
        break;
      case Kind::kMessage:
      case Kind::kShown:
        expect_of_preview(check);
        break;
      case Kind::kAttached: {
        const auto found = now.attached.values().find(check.key);
        const bool there = found != now.attached.values().end();
        compare(check, absl::StrCat("attached ", check.key),
                there ? std::optional(text_of(found->second)) : std::nullopt);
        break;
      }
      case Kind::kVoice: {
        std::vector<std::string> ways;
        for (const v1::VoiceTarget& target : now.voice_targets) ways.push_back(way(target));
        if (std::find(ways.begin(), ways.end(), *check.text) == ways.end()) {
          fail(check.mark, absl::StrCat("a way of voice ", *check.text),
               ways.empty() ? "there is none" : absl::StrJoin(ways, "; "));
        }
        break;
      }
      case Kind::kVoiceCount:
        if (static_cast<int64_t>(now.voice_targets.size()) != check.number) {
          fail(check.mark, absl::StrCat(check.number, " ways of voice"), absl::StrCat(now.voice_targets.size()));
        }
        break;
      case Kind::kOffersInAll:
      case Kind::kWhoWasAsked:
      case Kind::kNever:
      case Kind::kAskedAnyOf:
        expect_of_run(check);
        break;
    }
  }

  // Asks where the leg stands, before what is asked about it there.
  static bool is_state(Check::Kind kind) {
    return kind == Check::Kind::kOffer || kind == Check::Kind::kWaits || kind == Check::Kind::kAcceptedBy ||
           kind == Check::Kind::kStraight;
  }

  static bool named(const Check& check, const std::string& expert) {
    return std::find_if(check.names.begin(), check.names.end(),
                        [&](const std::string& name) { return name == expert || name == "any"; }) != check.names.end();
  }

  void require(bool holds, const Check& check, std::string expected) {
    if (!holds) fail(check.mark, std::move(expected), state_of(leg()));
  }

  void target(const char* kind, const Check& check) {
    const bool is = leg().state == Leg::State::kEnded && leg().end == Leg::End::kDefault &&
                    target_of(leg().decision.default_target) == std::pair<std::string, std::string>(kind, *check.text);
    require(is, check, absl::StrCat("the end ", kind, " ", quoted(*check.text)));
  }

  void compare(const Check& check, const std::string& what, const std::optional<std::string>& actual) {
    if (actual == check.text) return;
    fail(check.mark, check.text ? absl::StrCat(what, " ", quoted(*check.text)) : absl::StrCat(what, " is not there"),
         actual ? quoted(*actual) : "it is not there");
  }

  void expect_of_decision(const Check& check) {
    if (check.kind == Check::Kind::kPriority) {
      if (leg().decision.priority != check.number) {
        fail(check.mark, absl::StrCat("priority ", check.number), absl::StrCat(leg().decision.priority));
      }
      return;
    }
    const v1::ExplainedStep* step = explained_step(check.step);
    if (step == nullptr) {
      fail(check.mark, absl::StrCat("step ", quoted(check.step), " to be tried"), "it was not");
      return;
    }
    const std::string in = absl::StrCat(" in ", quoted(step->trace().step()));
    if (check.kind == Check::Kind::kSkipped) {
      const std::string& skipped = step->trace().skipped();
      if (skipped != *check.text) {
        fail(check.mark, absl::StrCat("step ", quoted(check.step), " passed over for ", *check.text),
             skipped.empty() ? "it was not passed over" : skipped);
      }
    } else if (check.kind == Check::Kind::kRelaxed) {
      const std::vector<std::string> relaxed(step->trace().relaxed().begin(), step->trace().relaxed().end());
      if (relaxed != check.names) {
        fail(check.mark, absl::StrCat("relaxed", in, ": ", absl::StrJoin(check.names, "; ")),
             relaxed.empty() ? "nothing is relaxed" : absl::StrJoin(relaxed, "; "));
      }
    } else {
      for (const v1::ExpertVerdict& verdict : step->experts()) {
        if (verdict.expert() != check.expert) continue;
        if (verdict.reason() == *check.text) return;
        fail(check.mark, absl::StrCat(check.expert, in, ": ", *check.text), verdict.reason());
        return;
      }
      fail(check.mark, absl::StrCat(check.expert, in, ": ", *check.text), "nobody looked at him there");
    }
  }

  void expect_of_preview(const Check& check) {
    std::vector<const play::Offer*> shown;
    for (const play::Offer& offer : leg().offers) {
      if (offer.outcome == v1::OFFER_OUTCOME_UNSPECIFIED) shown.push_back(&offer);
    }
    for (const play::Offer* offer : shown) {
      if (check.kind == Check::Kind::kMessage) {
        compare(check, "the message", offer->preview.message);
      } else {
        const auto found = offer->preview.show.values().find(check.key);
        const bool there = found != offer->preview.show.values().end();
        compare(check, absl::StrCat("shown ", check.key), there ? std::optional(text_of(found->second)) : std::nullopt);
      }
    }
  }

  void expect_of_run(const Check& check) {
    std::vector<std::string> asked;
    for (const play::Offer& offer : leg().offers) asked.push_back(offer.expert);
    const std::string actual = absl::StrCat("asked: ", listed(asked));
    if (check.kind == Check::Kind::kOffersInAll) {
      if (static_cast<int64_t>(asked.size()) != check.number)
        fail(check.mark, absl::StrCat(check.number, " offers in all"), actual);
    } else if (check.kind == Check::Kind::kWhoWasAsked) {
      if (asked != check.names) fail(check.mark, absl::StrCat("offers in all to ", listed(check.names)), actual);
    } else {
      if (leg().straight) asked.push_back(leg().expert);
      const bool never = check.kind == Check::Kind::kNever;
      for (const std::string& expert : asked) {
        if (named(check, expert) != never) continue;
        fail(check.mark, absl::StrCat(never ? "never " : "nobody but ", listed(check.names)), actual);
        return;
      }
    }
  }

  // The last decision in full -----------------------------------------------------------------------------------------

  const v1::ExplainedDecision& explained() {
    if (!explained_ && record_.strategy().empty()) explained_.emplace();  // nothing was decided
    if (!explained_) explained_ = routing::explain(*strategy_, record_);
    return *explained_;
  }

  // By name; without a name the last that was tried.
  const v1::ExplainedStep* explained_step(const std::string& name) {
    const auto& steps = explained().steps();
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
      if (name.empty() || step->trace().step() == name) return &*step;
    }
    return nullptr;
  }

  const TestCase& test_;
  std::shared_ptr<const routing::Strategy> strategy_;
  uint64_t seed_;
  Coverage& coverage_;
  routing::Asked asked_;
  v1::DecisionRecord record_;
  std::optional<v1::ExplainedDecision> explained_;  // record_, once it is asked for
  play::Table table_;
  size_t leg_ = 0;
};

// Over all seeds.
void judge_fairness(const TestCase& test, const std::map<std::string, int64_t>& first, Played& out) {
  std::vector<int64_t> counts;
  std::vector<std::string> said;
  for (const std::string& expert : test.fair->experts) {
    const auto found = first.find(expert);
    counts.push_back(found == first.end() ? 0 : found->second);
    said.push_back(absl::StrCat(expert, " ", counts.back()));
  }
  const auto fail = [&](const std::string& expected, const std::string& actual) {
    out.failures.push_back(
        {.mark = test.fair->mark, .expected = expected, .actual = actual, .why = {}, .seed = test.seed});
  };
  for (const auto& [expert, count] : first) {
    const auto& among = test.fair->experts;
    if (std::find(among.begin(), among.end(), expert) == among.end()) {
      fail(absl::StrCat("only ", listed(among), " asked first"),
           absl::StrCat(expert.empty() ? "nobody" : expert, " ", count, " times"));
    }
  }
  const double p = routing::uniform_p_value(counts);
  if (p < test.fair->p_value) {
    fail(absl::StrCat("each of ", listed(test.fair->experts), " as likely (p-value at least ", test.fair->p_value, ")"),
         absl::StrCat(absl::StrJoin(said, ", "), ": p-value ", p));
  }
}

}  // namespace

std::shared_ptr<const routing::Strategy> at_hours(const TestCase& test,
                                                  const std::shared_ptr<const routing::Strategy>& strategy) {
  return test.open ? with_hours(strategy, *test.open) : strategy;
}

void seat_experts(const TestCase& test, const std::vector<roster::Member>& experts, play::Table& table) {
  for (const roster::Member& member : experts) seat(test, member, table);
  table.others_waiting(test.waiting, test.longest_wait_ms);
}

Played play_case(const TestCase& test, const std::shared_ptr<const routing::Strategy>& strategy,
                 const std::vector<roster::Member>& experts, Coverage& coverage) {
  const auto played_on = at_hours(test, strategy);
  Played out;
  std::map<std::string, int64_t> first;
  for (int i = 0; i < test.seeds; ++i) {
    Player player(test, played_on, experts, test.seed + static_cast<uint64_t>(i), coverage);
    player.run();
    ++first[player.first()];
    const bool failed = !player.failures.empty();
    if (i == 0 || (failed && out.seeds_failed == 0)) out.course = std::move(player.course);
    if (failed && ++out.seeds_failed == 1) out.failures = std::move(player.failures);
  }
  if (test.fair && out.failures.empty()) judge_fairness(test, first, out);
  return out;
}

}  // namespace expertline::cli
