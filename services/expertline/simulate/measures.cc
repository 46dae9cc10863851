#include "expertline/simulate/measures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace expertline::simulate {
namespace {

constexpr int64_t kHourMs = 3'600'000;

double seconds(int64_t ms) { return static_cast<double>(ms) / 1000; }

struct Span {
  int64_t from_ms = 0;
  int64_t to_ms = 0;
};

// When he held anything at all within the day.
std::vector<Span> busy_spans(const ExpertDay& expert, int64_t from_ms, int64_t to_ms) {
  std::vector<Span> spans;
  for (const Holding& holding : expert.holdings) {
    const Span span{.from_ms = std::max(holding.from_ms, from_ms), .to_ms = std::min(holding.to_ms, to_ms)};
    if (span.from_ms >= span.to_ms) continue;
    if (!spans.empty() && span.from_ms <= spans.back().to_ms) {
      spans.back().to_ms = std::max(spans.back().to_ms, span.to_ms);
    } else {
      spans.push_back(span);
    }
  }
  return spans;
}

void count_requests(const Setting& setting, const Day& day, int64_t within_ms, Figures& figures) {
  for (size_t i = 0; i < day.outcomes.size(); ++i) {
    const Outcome& outcome = day.outcomes[i];
    ++figures.ends[static_cast<size_t>(outcome.end)];
    const auto place = static_cast<size_t>((setting.requests[i].at_ms - setting.from_ms) / kHourMs);
    if (place >= figures.hours.size()) figures.hours.resize(place + 1);
    Hour& hour = figures.hours[place];
    ++hour.asked;
    hour.waited_s += seconds(outcome.waited_ms);
    switch (outcome.end) {
      case End::kExpert:
        ++hour.helped;
        hour.to_expert_s.push_back(seconds(outcome.to_expert_ms));
        if (outcome.to_expert_ms <= within_ms) ++hour.in_time;
        break;
      case End::kVoicemail:
        ++hour.mailbox;
        break;
      case End::kRefused:
        ++hour.refused;
        break;
      default:
        ++hour.other;
    }
  }
}

void count_experts(const Setting& setting, const Day& day, Figures& figures) {
  for (const ExpertDay& expert : day.experts) {
    ExpertFigures one{.eligible = expert.eligible,
                      .hours_ms = static_cast<double>(expert.hours_ms),
                      .offers = expert.offers,
                      .accepted = expert.accepted,
                      .declined = expert.declined,
                      .timed_out = expert.timed_out,
                      .rescinded = expert.rescinded};
    for (size_t place = 0; expert.eligible && place < figures.hours.size(); ++place) {
      const int64_t from = setting.from_ms + static_cast<int64_t>(place) * kHourMs;
      figures.hours[place].hours_ms += expert.hours.open_ms(from, std::min(from + kHourMs, setting.to_ms));
    }
    for (Span span : busy_spans(expert, setting.from_ms, setting.to_ms)) {
      while (span.from_ms < span.to_ms) {
        const int64_t place = (span.from_ms - setting.from_ms) / kHourMs;
        const int64_t end = std::min(span.to_ms, setting.from_ms + (place + 1) * kHourMs);
        const int64_t busy = expert.hours.open_ms(span.from_ms, end);
        one.busy_ms += static_cast<double>(busy);
        figures.hours[static_cast<size_t>(place)].busy_ms += busy;
        span.from_ms = end;
      }
    }
    figures.experts.push_back(one);
  }
}

Values values_of(const Figures& figures) {
  Hour all;
  for (const Hour& hour : figures.hours) all.add(hour);
  Values values;
  size_t next = 0;
  const auto put = [&](bool known, double value) {
    if (known) values[next] = value;
    ++next;
  };
  for (const double share : {0.5, 0.9, 0.95}) put(all.helped > 0, percentile(all.to_expert_s, share));

  const int counted = all.asked - all.refused;
  const auto percent = [&](int part) { put(counted > 0, 100.0 * part / std::max(counted, 1)); };
  percent(all.in_time);
  percent(all.helped);
  percent(all.mailbox);
  percent(all.mailbox + all.other);
  put(counted > 0, all.waited_s / std::max(counted, 1));

  double offers = 0;
  double accepted = 0;
  double busy = 0;
  double hours = 0;
  double busiest = 0;
  std::vector<double> rates;
  for (const ExpertFigures& expert : figures.experts) {
    offers += expert.offers;
    accepted += expert.accepted;
    if (!expert.eligible || expert.hours_ms <= 0) continue;
    busy += expert.busy_ms;
    hours += expert.hours_ms;
    busiest = std::max(busiest, expert.occupancy());
    rates.push_back(expert.offers / (expert.hours_ms / kHourMs));
  }
  put(accepted > 0, offers / accepted);
  put(hours > 0, 100 * busy / hours);
  put(hours > 0, 100 * busiest);
  const double median = percentile(rates, 0.5);
  put(rates.size() > 1, jain_index(rates));
  put(rates.size() > 1 && median > 0, percentile(rates, 1) / median);
  return values;
}

}  // namespace

void Hour::add(const Hour& other_day) {
  asked += other_day.asked;
  helped += other_day.helped;
  in_time += other_day.in_time;
  mailbox += other_day.mailbox;
  other += other_day.other;
  refused += other_day.refused;
  to_expert_s.insert(to_expert_s.end(), other_day.to_expert_s.begin(), other_day.to_expert_s.end());
  waited_s += other_day.waited_s;
  most_waiting = std::max(most_waiting, other_day.most_waiting);
  busy_ms += other_day.busy_ms;
  hours_ms += other_day.hours_ms;
}

void Figures::add(const Figures& day) {
  days += day.days;
  for (size_t i = 0; i < ends.size(); ++i) ends[i] += day.ends[i];
  hours.resize(std::max(hours.size(), day.hours.size()));
  for (size_t i = 0; i < day.hours.size(); ++i) hours[i].add(day.hours[i]);
  experts.resize(std::max(experts.size(), day.experts.size()));
  for (size_t i = 0; i < day.experts.size(); ++i) {
    ExpertFigures& mine = experts[i];
    const ExpertFigures& more = day.experts[i];
    mine.eligible = mine.eligible || more.eligible;
    mine.hours_ms += more.hours_ms;
    mine.busy_ms += more.busy_ms;
    mine.offers += more.offers;
    mine.accepted += more.accepted;
    mine.declined += more.declined;
    mine.timed_out += more.timed_out;
    mine.rescinded += more.rescinded;
  }
  decisions += day.decisions;
  events += day.events;
  values.insert(values.end(), day.values.begin(), day.values.end());
}

Figures figures_of(const Setting& setting, const Day& day, int64_t within_ms) {
  Figures figures;
  figures.days = 1;
  figures.decisions = day.decisions;
  figures.events = day.events;
  figures.hours.resize(static_cast<size_t>((setting.to_ms - setting.from_ms + kHourMs - 1) / kHourMs));
  count_requests(setting, day, within_ms, figures);
  count_experts(setting, day, figures);
  for (size_t i = 0; i < std::min(day.most_waiting.size(), figures.hours.size()); ++i) {
    figures.hours[i].most_waiting = day.most_waiting[i];
  }
  figures.values.push_back(values_of(figures));
  return figures;
}

std::optional<Comparison> compare(const Figures& a, const Figures& b, size_t measure) {
  std::vector<double> of_a, of_b, differences;
  for (size_t day = 0; day < std::min(a.values.size(), b.values.size()); ++day) {
    const auto& first = a.values[day][measure];
    const auto& second = b.values[day][measure];
    if (!first || !second) continue;
    of_a.push_back(*first);
    of_b.push_back(*second);
    differences.push_back(*second - *first);
  }
  if (differences.empty()) return std::nullopt;
  Comparison comparison{
      .a = interval_of(of_a), .b = interval_of(of_b), .difference = interval_of(differences), .days = 0};
  comparison.days = static_cast<int>(differences.size());
  const Better better = kMeasures[measure].better;
  const Verdict verdict = verdict_of(comparison.difference, better == Better::kHigher);
  comparison.differs = verdict != Verdict::kNoDifference;
  if (better != Better::kNeither) comparison.verdict = verdict;
  return comparison;
}

std::optional<Interval> interval_of(const Figures& figures, size_t measure) {
  std::vector<double> known;
  for (const Values& day : figures.values) {
    if (day[measure]) known.push_back(*day[measure]);
  }
  if (known.empty()) return std::nullopt;
  return interval_of(known);
}

int decimals_of(size_t measure, const Interval& difference) {
  const int least = kMeasures[measure].decimals;
  int decimals = least;
  for (double shown = std::abs(difference.mean) * std::pow(10, least); shown > 0 && shown < 10 && decimals < least + 3;
       shown *= 10) {
    ++decimals;
  }
  return decimals;
}

std::string verdict_sentence(size_t measure, const std::optional<Comparison>& comparison) {
  const Measure& what = kMeasures[measure];
  const std::string label = std::string(what.label) + ": ";
  if (!comparison) return label + "nothing to compare.";
  const Interval& difference = comparison->difference;
  const int decimals = decimals_of(measure, difference);
  const auto amount = [&](double value) {
    return fmt::format("{:.{}f}{}{}", value, decimals, *what.unit == 0 ? "" : " ", what.unit);
  };
  if (!difference.known)
    return fmt::format("{}one day says nothing of chance (B - A is {}).", label, amount(difference.mean));
  if (!comparison->differs) {
    return fmt::format("{}no difference seen (95 % interval of B - A: {} to {}).", label, amount(difference.low),
                       amount(difference.high));
  }
  const char* word = difference.mean > 0 ? "higher" : "lower";
  if (comparison->verdict == Verdict::kBetter) word = "better";
  if (comparison->verdict == Verdict::kWorse) word = "worse";
  const double least = std::min(std::abs(difference.low), std::abs(difference.high));
  const double most = std::max(std::abs(difference.low), std::abs(difference.high));
  return fmt::format("{}B is {}, by {} (95 % interval {} to {}).", label, word, amount(std::abs(difference.mean)),
                     amount(least), amount(most));
}

}  // namespace expertline::simulate
