#include "presence-ingest/metrics.h"

#include <algorithm>
#include <cctype>

namespace expertline::presence {
namespace {

constexpr const char* kWhere = "presence-ingest";

}  // namespace

app::Counter source_states("expertline_presence_source_state_total", {"domain", "source", "state"}, kWhere,
                           "Reports that were admitted, by the state they say; withdrawn: nothing any more");
app::Histogram source_lag(
    "expertline_presence_source_lag_seconds", {"domain", "source"}, kWhere,
    "From what a source saw, by its own clock, to our hearing of it; only of reports that say when",
    {0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60});
app::Histogram report_duration("expertline_presence_report_duration_seconds", {"domain"}, kWhere,
                               "From writing a batch of reports to its being durable and seen by readers",
                               app::machine_times());
app::Counter compositions("expertline_presence_compositions_total", {"domain", "rule"}, kWhere,
                          "Compositions by the rule that decided");
app::Counter read_model_changes("expertline_presence_read_model_changes_total", {"domain"}, kWhere,
                                "Changes of experts taken from the store's log");
app::Gauge read_model_watchers("expertline_presence_read_model_watchers", {"domain"}, kWhere,
                               "Processes that follow the read model here");

app::Readings experts_by_state("expertline_experts", "gauge", {"domain", "state"}, kWhere,
                               "Experts by composed presence");
app::Readings reports_by_source(
    "expertline_presence_reports_total", "counter", {"domain", "source", "outcome"}, kWhere,
    "Reports by source: taken, overtaken (a newer one came first), or why they were refused");
app::Readings source_up("expertline_presence_source_up", "gauge", {"domain", "source"}, kWhere,
                        "1 while a source with a stream of its own is heard of in time, 0 when it is lost");
app::Readings source_silence("expertline_presence_source_silence_seconds", "gauge", {"domain", "source"}, kWhere,
                             "Since when nothing was heard of a source with a stream of its own");

std::string rule_of(std::string_view reason) {
  reason = reason.substr(0, reason.find(';'));  // which sources are lost
  if (reason == "he said so himself") return "manual";
  if (reason == "no source says anything") return "no_source";
  if (reason.starts_with("only an idle phone")) return "idle_phone";
  if (reason.ends_with("in a call of ours")) return "in_our_call";
  constexpr std::string_view kSays = "a source says: ";
  if (reason.starts_with(kSays)) reason.remove_prefix(kSays.size());
  std::string word(reason);
  std::replace(word.begin(), word.end(), ' ', '_');
  return word;
}

std::string state_word(v1::PresenceState state) {
  std::string word = v1::PresenceState_Name(state);
  word.erase(0, word.find("STATE_") + 6);
  std::transform(word.begin(), word.end(), word.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
  return word;
}

}  // namespace expertline::presence
