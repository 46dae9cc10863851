#include "state/expert_store.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <absl/time/clock.h>
#include <absl/time/time.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

namespace expertline::state {
namespace {

using nlohmann::json;

template <typename T>
T number(std::string_view text) {
  T value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

int64_t milliseconds(const google::protobuf::Duration& duration) {
  return duration.seconds() * 1000 + duration.nanos() / 1'000'000;
}

int64_t wall_now_ms() { return absl::ToUnixMillis(absl::Now()); }

const char* flag(bool value) { return value ? "1" : "0"; }

std::string buckets(const std::string& expert, const v1::Expert& record) {
  std::vector<std::string> names = {"all", "expert=" + expert};
  for (const auto& [skill, level] : record.skills()) names.push_back("skill=" + skill);
  for (const std::string& group : record.groups()) names.push_back("group=" + group);
  std::sort(names.begin() + 2, names.end());
  return json(names).dump();
}

// What guards.lua needs of them, JSON; empty if there are none. Maps are in order, so that equal ones are equal texts.
std::string guard_json(const v1::GuardRails& rails) {
  const v1::GuardRails none;
  if (rails.SerializeAsString() == none.SerializeAsString()) return "";
  constexpr int kMinutesADay = 1440;
  json guard = json::object();
  if (!rails.time_zone().empty()) guard["zone"] = rails.time_zone();
  std::vector<std::pair<int, int>> hours;
  for (const v1::WorkingTime& part : rails.hours()) {
    const int day = (static_cast<int>(part.day()) - 1) * kMinutesADay;
    hours.emplace_back(day + part.start_minute(), day + part.end_minute());
  }
  std::sort(hours.begin(), hours.end());
  if (!hours.empty()) guard["hours"] = hours;
  if (rails.offers_per_hour() > 0) guard["hour"] = rails.offers_per_hour();
  if (rails.offers_per_day() > 0) guard["day"] = rails.offers_per_day();
  if (const int64_t ms = milliseconds(rails.decline_cool_down()); ms > 0) guard["cool"] = ms;
  if (rails.pause_after_timeouts() > 0) guard["pause"] = rails.pause_after_timeouts();
  for (const auto& [medium, time] : rails.wrap_up()) {
    if (const int64_t ms = milliseconds(time); ms > 0) guard["wrap"][medium] = ms;
  }
  return guard.dump();
}

// Cuts a text at a separator, one part after the other.
class Parts {
 public:
  Parts(std::string_view text, char separator) : rest_(text), separator_(separator) {}

  bool more() const { return !rest_.empty(); }
  std::string_view next() {
    const size_t end = std::min(rest_.find(separator_), rest_.size());
    const std::string_view part = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return part;
  }
  template <typename T>
  T next_number() {
    return number<T>(next());
  }
  bool next_flag() { return next() == "1"; }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  char separator_;
};

// As state_text in functions/common.lua writes it.
std::optional<ExpertState> parse_state(std::string_view text) {
  constexpr int kParts = 16;  // before the note
  if (std::count(text.begin(), text.end(), ' ') < kParts) return std::nullopt;
  Parts parts(text, ' ');
  ExpertState state;
  state.revision = parts.next_number<int64_t>();
  state.directory_revision = parts.next_number<int64_t>();
  state.active = parts.next_flag();
  state.has_desk = parts.next_flag();
  state.idle_since_ms = parts.next_number<int64_t>();
  state.block = static_cast<v1::Block>(parts.next_number<int>());
  state.offers_today = parts.next_number<int32_t>();
  state.worked_today_ms = parts.next_number<int64_t>();
  state.today = parts.next_number<int32_t>();
  state.since_ms = parts.next_number<int64_t>();
  const std::string_view list = parts.next();
  state.state = static_cast<v1::PresenceState>(parts.next_number<int>());
  state.do_not_disturb = parts.next_flag();
  const bool im = parts.next_flag();
  const bool voice = parts.next_flag();
  if (const std::string_view to_follow = parts.next(); to_follow != "-") state.number = to_follow;
  state.note = parts.rest();
  if (list != "-") {
    for (Parts media(list, ';'); media.more();) {
      Parts medium(media.next(), ',');
      v1::MediumStatus status;
      status.set_medium(std::string(medium.next()));
      status.set_routable(status.medium() == "voice" ? voice : im);
      status.set_capacity(medium.next_number<int>());
      status.set_used(medium.next_number<int>());
      status.set_wrapping_up(medium.next_number<int>());
      state.media.push_back(std::move(status));
    }
  }
  return state;
}

// {id, directory revision, record, state, why}
ExpertView parse_view(const redis::Reply& from) {
  ExpertView view;
  view.id = from.elements.at(0).text;
  view.directory.ParseFromString(from.elements.at(2).text);
  view.directory.set_revision(number<int64_t>(from.elements.at(1).text));
  view.state = parse_state(from.elements.at(3).text).value_or(ExpertState{});
  view.directory.set_state(view.state.active ? v1::EXPERT_STATE_ACTIVE : v1::EXPERT_STATE_RETIRED);
  view.why.ParseFromString(from.elements.at(4).text);
  return view;
}

Result<std::vector<ExpertView>> parse_views(const Result<std::vector<redis::Reply>>& answer) {
  if (!answer) return answer.error();
  std::vector<ExpertView> views;
  for (const redis::Reply& view : answer->at(0).elements) views.push_back(parse_view(view));
  return views;
}

// "epoch sequence since expires content"
Observation parse_observation(const std::string& source, const std::string& value) {
  Observation observation;
  observation.source = source;
  Parts parts(value, ' ');
  observation.epoch = parts.next_number<int64_t>();
  parts.next();
  observation.since = parts.next_number<int64_t>();
  observation.expires_ms = parts.next_number<int64_t>();
  observation.content.ParseFromArray(parts.rest().data(), static_cast<int>(parts.rest().size()));
  return observation;
}

// {changes, {lost source, epoch, ...}}
Lost parse_lost(const redis::Reply& from) {
  Lost lost{.changes = number<int64_t>(from.elements.at(0).text), .up_to_epoch = {}};
  const std::vector<redis::Reply>& list = from.elements.at(1).elements;
  for (size_t i = 0; i + 1 < list.size(); i += 2) lost.up_to_epoch[list[i].text] = number<int64_t>(list[i + 1].text);
  return lost;
}

// List of {expert, version, in our call, {source, value, ...}}; what is lost, if there is any
void parse_observations(const redis::Reply& from, const redis::Reply& lost, Observed& observed) {
  if (from.elements.empty()) return;
  observed.lost = parse_lost(lost);
  for (const redis::Reply& one : from.elements) {
    Observations observations{.expert = one.elements.at(0).text,
                              .version = number<int64_t>(one.elements.at(1).text),
                              .in_our_call = one.elements.at(2).text == "1",
                              .list = {}};
    const std::vector<redis::Reply>& list = one.elements.at(3).elements;
    for (size_t i = 0; i + 1 < list.size(); i += 2) {
      observations.list.push_back(parse_observation(list[i].text, list[i + 1].text));
      Observation& last = observations.list.back();
      last.lost = observed.lost->contains(last.source, last.epoch);
    }
    observed.compose.push_back(std::move(observations));
  }
}

ReportOutcome parse_outcome(const std::string& text) {
  if (text == "taken" || text == "again") return ReportOutcome::taken;
  if (text == "written") return ReportOutcome::written;
  if (text == "stale") return ReportOutcome::stale;
  if (text == "unknown") return ReportOutcome::unknown_expert;
  return ReportOutcome::too_many_sources;
}

// As functions/common.lua keeps it.
std::string presence_text(const Composition& of) {
  std::string text = std::to_string(of.state);
  for (const bool fact : {of.do_not_disturb, of.im, of.voice}) text += fact ? " 1" : " 0";
  return text + " " + (of.number.empty() ? "-" : of.number) + " " + of.why.note();
}

const char* mode_name(PutMode mode) {
  switch (mode) {
    case PutMode::create:
      return "create";
    case PutMode::update:
      return "update";
    default:
      return "put";
  }
}

}  // namespace

std::string serialize(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

bool Lost::contains(const std::string& source, int64_t epoch) const {
  const auto found = up_to_epoch.find(source);
  return found != up_to_epoch.end() && epoch <= found->second;
}

std::optional<LogId> parse_log_id(std::string_view text) {
  LogId id;
  const char* end = text.data() + text.size();
  const auto ms = std::from_chars(text.data(), end, id.ms);
  if (ms.ec != std::errc() || ms.ptr == end || *ms.ptr != '-') return std::nullopt;
  const auto sequence = std::from_chars(ms.ptr + 1, end, id.sequence);
  if (sequence.ec != std::errc() || sequence.ptr != end) return std::nullopt;
  return id;
}

std::string to_string(const LogId& id) { return std::to_string(id.ms) + "-" + std::to_string(id.sequence); }

std::optional<ExpertChange> parse_change(const redis::Reply& entry) {
  if (entry.elements.size() != 2) return std::nullopt;
  const std::optional<LogId> id = parse_log_id(entry.elements[0].text);
  if (!id) return std::nullopt;
  ExpertChange change{.id = *id, .expert = {}, .removed = false, .state = {}};
  bool complete = false;
  const std::vector<redis::Reply>& fields = entry.elements[1].elements;
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    const std::string& value = fields[i + 1].text;
    if (fields[i].text == "e") {
      change.expert = value;
    } else if (fields[i].text == "x") {
      const std::optional<ExpertState> state = parse_state(value);
      if (!state) return std::nullopt;
      change.state = *state;
      complete = true;
    } else if (fields[i].text == "gone") {
      change.removed = true;
      complete = true;
    } else if (fields[i].text == "rev") {
      change.state.revision = number<int64_t>(value);
    }
  }
  if (!complete || change.expert.empty()) return std::nullopt;
  return change;
}

Task<Result<PutDone>> ExpertStore::put(std::string domain, Put what) {
  v1::Expert& record = what.record;
  record.clear_name();
  record.clear_state();
  record.clear_revision();
  json capacities = json::object();
  for (const auto& [medium, capacity] : record.capacities()) capacities[medium] = capacity;
  std::vector<std::string> arguments = {
      what.expert,
      serialize(record),
      what.if_revision ? std::to_string(*what.if_revision) : "",
      mode_name(what.mode),
      capacities.dump(),
      buckets(what.expert, record),
      flag(what.dry),
      what.request_id,
      what.request_hash,
      guard_json(record.guard_rails()),
      record.guard_rails().time_zone().empty() ? "" : zone_table(record.guard_rails().time_zone(), wall_now_ms())};
  const auto answer = co_await fcall(redis_, "xl1_expert_put", domain, std::move(arguments));
  if (!answer) co_return answer.error();
  PutDone done;
  done.revision = number<int64_t>(answer->at(0).text);
  const std::string& outcome = answer->at(1).text;
  done.outcome = outcome == "created"   ? PutOutcome::created
                 : outcome == "updated" ? PutOutcome::updated
                                        : PutOutcome::unchanged;
  co_return done;
}

Task<Result<bool>> ExpertStore::remove(std::string domain, std::string expert) {
  std::vector<std::string> arguments = {expert};
  const auto answer = co_await fcall(redis_, "xl1_expert_delete", domain, std::move(arguments));
  if (!answer) co_return answer.error();
  co_return answer->at(0).text == "1";
}

Task<Result<std::vector<ExpertView>>> ExpertStore::views(std::string domain, std::vector<std::string> experts) {
  const auto answer = co_await fcall(redis_, "xl1_expert_views", domain, std::move(experts));
  co_return parse_views(answer);
}

Task<Result<ExpertView>> ExpertStore::view(std::string domain, std::string expert) {
  std::vector<std::string> arguments = {expert};
  auto found = co_await views(domain, std::move(arguments));
  if (!found) co_return found.error();
  if (found->empty()) {
    co_return Error{.reason = v1::ERROR_REASON_UNKNOWN_EXPERT,
                    .message = "no expert " + expert + " in domain " + domain,
                    .metadata = {{"expert", expert}}};
  }
  co_return std::move(found->front());
}

Task<Result<std::vector<ExpertView>>> ExpertStore::page(std::string domain, std::string after, int most) {
  std::vector<std::string> arguments = {after, std::to_string(most)};
  const auto answer = co_await fcall(redis_, "xl1_experts", domain, std::move(arguments));
  co_return parse_views(answer);
}

Task<Result<Observed>> ExpertStore::observe(std::string domain, std::vector<Report> reports) {
  std::vector<std::string> arguments;
  arguments.reserve(10 * reports.size());
  for (Report& report : reports) {
    arguments.push_back(std::move(report.expert));
    arguments.push_back(std::move(report.source));
    arguments.push_back(std::to_string(report.epoch));
    arguments.push_back(report.next_sequence ? "+" : std::to_string(report.sequence));
    arguments.push_back(std::to_string(report.ttl_ms));
    arguments.push_back(serialize(report.content));
    if (!report.assumed) {
      arguments.insert(arguments.end(), 4, "");
      continue;
    }
    const Composition& composition = report.assumed->composition;
    arguments.push_back(std::to_string(composition.version) + " " + std::to_string(report.assumed->losses));
    arguments.push_back(std::to_string(composition.due_ms));
    arguments.push_back(presence_text(composition));
    arguments.push_back(serialize(composition.why));
  }
  const auto answer = co_await fcall(redis_, "xl1_observe", domain, std::move(arguments));
  if (!answer) co_return answer.error();
  Observed observed;
  observed.now_ms = number<int64_t>(answer->at(0).text);
  for (const redis::Reply& outcome : answer->at(1).elements) observed.outcomes.push_back(parse_outcome(outcome.text));
  parse_observations(answer->at(2), answer->at(3), observed);
  co_return observed;
}

Task<Result<Done>> ExpertStore::present(std::string domain, std::vector<Composition> compositions) {
  std::vector<std::string> arguments;
  arguments.reserve(5 * compositions.size());
  for (const Composition& composition : compositions) {
    arguments.push_back(composition.expert);
    arguments.push_back(std::to_string(composition.version));
    arguments.push_back(std::to_string(composition.due_ms));
    arguments.push_back(presence_text(composition));
    arguments.push_back(serialize(composition.why));
  }
  const auto answer = co_await fcall(redis_, "xl1_present", domain, std::move(arguments));
  if (!answer) co_return answer.error();
  co_return Done{};
}

std::string zone_table(const std::string& name, int64_t wall_ms) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(name, &zone)) return "";
  constexpr int kMostChanges = 12;  // six years of summer time
  absl::Time at = absl::FromUnixMillis(wall_ms) - absl::Hours(24);
  json table = json::array();
  absl::TimeZone::CivilTransition change;
  for (int i = 0; i <= kMostChanges; ++i) {
    table.push_back({absl::ToUnixMillis(at), int64_t{zone.At(at).offset} * 1000});
    if (!zone.NextTransition(at, &change)) break;
    at = zone.At(change.to).trans;
  }
  return table.dump();
}

Task<Result<Done>> ExpertStore::renew_zones(std::string domain) {
  auto names = co_await fcall(redis_, "xl1_zones", domain, std::vector<std::string>());
  if (!names) co_return names.error();
  std::vector<std::string> arguments;
  for (const redis::Reply& name : *names) {
    std::string table = zone_table(name.text, wall_now_ms());
    if (table.empty()) continue;
    arguments.push_back(name.text);
    arguments.push_back(std::move(table));
  }
  const auto written = co_await fcall(redis_, "xl1_zones", domain, std::move(arguments));
  if (!written) co_return written.error();
  co_return Done{};
}

Task<Result<Observed>> ExpertStore::due(std::string domain, int most) {
  std::vector<std::string> arguments = {std::to_string(most)};
  const auto answer = co_await fcall(redis_, "xl1_presence_due", domain, std::move(arguments));
  if (!answer) co_return answer.error();
  Observed observed;
  observed.now_ms = number<int64_t>(answer->at(0).text);
  parse_observations(answer->at(1), answer->at(2), observed);
  co_return observed;
}

}  // namespace expertline::state
