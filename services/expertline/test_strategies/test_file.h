// A test file `NAME.test.yaml`: what is given, what happens, and what is expected at which moment. Pure.
// docs/strategy-guide.md teaches the format, strategies/schema/test.schema.json describes every key.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expertline/v1/presence.pb.h"
#include "expertline/v1/strategy.pb.h"
#include "roster/roster.h"
#include "yaml/yaml.h"

namespace expertline::cli {

// How an expert differs, when a case begins, from one who is online at his desk with nothing to do.
struct Given {
  yaml::Mark mark = {};
  bool there = true;  // false: the directory has him not
  v1::PresenceState state = v1::PRESENCE_STATE_ONLINE;
  bool do_not_disturb = false;
  bool desk = true;
  std::map<std::string, int> used = {};  // by medium: legs he has already
  v1::Block blocked = v1::BLOCK_UNSPECIFIED;
  std::optional<int64_t> idle_ms = {};  // since when he has had nothing
  int offers_today = 0;
  int64_t worked_today_ms = 0;
  std::string note = {};
};

// One expectation, at its place in the file.
struct Check {
  enum class Kind {
    kOffer,         // offers are open
    kExactly,       // to these, no more and no fewer
    kOneOf,         // to some of these only
    kCount,         // to so many
    kStep,          // the decision's step
    kWaits,         // it waits
    kUpTo,          // for at most so long (ms) in this step from now on
    kAcceptedBy,    // an expert has it; names: he
    kStraight,      // an expert has it without a preview; names: he
    kVoicemail,     // default routing
    kAgentText,     // default routing
    kRoutingPoint,  // default routing
    kDn,            // default routing
    kCanceled,      // the agent gave up
    kRefused,       // `allow` does not hold
    kReason,        // why the decision did not take an expert (or `ready`) in a step; text: the reason
    kSkipped,       // why a step was passed over; text: the reason
    kRelaxed,       // what the deciding step no longer asks for; names: as it is written
    kPriority,      // of the decision
    kMessage,       // of the previews that are open
    kShown,         // in the previews that are open, key and text
    kAttached,      // by the accept, key and text; without a text: not there
    kVoice,         // a way the call may follow; text: `via number: kinds`
    kVoiceCount,    // so many of them
    kOffersInAll,   // how many offers the leg had
    kWhoWasAsked,   // these were asked, in this order
    kNever,         // none of these was asked or got it
    kAskedAnyOf,    // nobody but these was asked or got it
  };

  Kind kind = Kind::kOffer;
  yaml::Mark mark = {};
  std::vector<std::string> names = {};
  std::string step = {};    // kReason (empty: the deciding one), kSkipped
  std::string expert = {};  // kReason
  std::string key = {};     // kShown, kAttached
  std::optional<std::string> text = {};
  int64_t number = 0;
};

// Something that happens.
struct Event {
  enum class Kind { kAccepts, kDeclines, kTimesOut, kNoAnswer, kBecomes, kBecomesFree, kWait, kAgentCancels };

  Kind kind = Kind::kWait;
  yaml::Mark mark = {};
  std::string text = {};                  // as written
  std::vector<std::string> experts = {};  // `any`: whoever is asked
  v1::PresenceState state = v1::PRESENCE_STATE_UNSPECIFIED;
  int64_t ms = 0;
};

// An event, or expectations at that moment.
struct Moment {
  std::optional<Event> event = {};
  std::vector<Check> checks = {};
};

// The first experts asked are each as likely.
struct Fair {
  yaml::Mark mark = {};
  std::vector<std::string> experts = {};
  double p_value = 0.001;  // least
};

struct TestCase {
  std::string name;
  yaml::Mark mark = {};
  std::string strategy = {};  // by name; empty: by the request's routing point, or the only one
  yaml::Mark strategy_mark = {};
  int64_t now_ms = 0;
  uint64_t seed = 1;
  int seeds = 1;                  // so many from `seed` on
  std::optional<bool> open = {};  // instead of what the calendar says
  int waiting = 0;                // legs of others
  int64_t longest_wait_ms = 0;
  std::map<std::string, Given> given = {};
  v1::RoutingFacts request = {};
  yaml::Mark routing_point_mark = {};
  std::vector<Moment> then = {};
  std::vector<Check> whole = {};  // of the whole run
  std::optional<Fair> fair = {};
};

struct TestFile {
  std::string file;
  std::string text;
  struct Named {
    std::string path;
    yaml::Mark mark;
  };
  std::vector<Named> strategies = {};                // as written; none: NAME.yaml
  std::optional<std::vector<Named>> calendars = {};  // as written; not given: all of the folder
  std::optional<Named> roster = {};
  std::vector<roster::Member> experts = {};  // written here
  std::vector<TestCase> cases = {};
};

// With any issue the file is not to be run. What it names is not looked at here.
TestFile read_test_file(const std::string& file, std::string_view text, std::vector<yaml::Issue>& issues);

// Experts, steps and strategies that the cases name and that are not there.
struct Known {
  std::vector<std::string> experts;
  std::vector<std::string> strategies;
  std::vector<std::string> steps;  // of all strategies of the test
};
void check_names(const TestFile& test, const Known& known, std::vector<yaml::Issue>& issues);

}  // namespace expertline::cli
