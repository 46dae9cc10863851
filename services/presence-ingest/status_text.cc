#include "presence-ingest/status_text.h"

#include <absl/time/civil_time.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "yaml/yaml.h"

namespace expertline::presence {
namespace {

struct StateWords {
  std::string_view words;  // one blank between them
  v1::PresenceState state;
  bool do_not_disturb = false;
};

constexpr auto kOnline = v1::PRESENCE_STATE_ONLINE;
constexpr auto kBusy = v1::PRESENCE_STATE_BUSY;
constexpr auto kAway = v1::PRESENCE_STATE_AWAY;
constexpr auto kAppearOffline = v1::PRESENCE_STATE_APPEAR_OFFLINE;
constexpr auto kOffline = v1::PRESENCE_STATE_OFFLINE;
constexpr auto kOnThePhone = v1::PRESENCE_STATE_ON_THE_PHONE;
constexpr auto kAutomatic = v1::PRESENCE_STATE_UNSPECIFIED;

constexpr StateWords kStates[] = {
    {"available", kOnline},
    {"online", kOnline},
    {"free", kOnline},
    {"here", kOnline},
    {"back", kOnline},
    {"busy", kBusy},
    {"working", kBusy},
    {"meeting", kBusy},
    {"in a meeting", kBusy},
    {"in meeting", kBusy},
    {"presenting", kBusy},
    {"in a presentation", kBusy},
    {"dnd", kBusy, true},
    {"do not disturb", kBusy, true},
    {"on the phone", kOnThePhone},
    {"on a call", kOnThePhone},
    {"in a call", kOnThePhone},
    {"away", kAway},
    {"lunch", kAway},
    {"at lunch", kAway},
    {"out for lunch", kAway},
    {"out to lunch", kAway},
    {"break", kAway},
    {"on a break", kAway},
    {"brb", kAway},
    {"be right back", kAway},
    {"out", kAway},
    {"out of office", kAway},
    {"out of the office", kAway},
    {"ooo", kAway},
    {"travelling", kAway},
    {"traveling", kAway},
    {"on holiday", kAway},
    {"on vacation", kAway},
    {"sick", kAway},
    {"appear offline", kAppearOffline},
    {"invisible", kAppearOffline},
    {"offline", kOffline},
    {"gone", kOffline},
    {"gone home", kOffline},
    {"automatic", kAutomatic},
};

constexpr std::array<std::string_view, 7> kDays{"monday", "tuesday",  "wednesday", "thursday",
                                                "friday", "saturday", "sunday"};
constexpr const char* kExamples =
    "such as: available, follow-me 5551234 / in a meeting until 15:00 / back at 9 / lunch for 30 minutes / dnd / "
    "offline / "
    "automatic";

struct Word {
  std::string lower;
  size_t begin = 0;  // in the text
  size_t end = 0;
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool digit(char c) { return c >= '0' && c <= '9'; }

// Commas and semicolons are words of their own.
std::vector<Word> split(std::string_view text) {
  std::vector<Word> words;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == ' ' || text[i] == '\t') {
      ++i;
      continue;
    }
    size_t end = i + 1;
    const auto separator = [](char c) { return c == ',' || c == ';'; };
    if (!separator(text[i])) {
      while (end < text.size() && text[end] != ' ' && text[end] != '\t' && !separator(text[end])) ++end;
    }
    Word word{.lower = std::string(text.substr(i, end - i)), .begin = i, .end = end};
    std::transform(word.lower.begin(), word.lower.end(), word.lower.begin(), lower);
    words.push_back(std::move(word));
    i = end;
  }
  return words;
}

// The whole of `text` as a number of at most four digits.
std::optional<int> small_number(std::string_view text) {
  if (text.empty() || text.size() > 4 || !std::all_of(text.begin(), text.end(), digit)) return std::nullopt;
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

struct TimeOfDay {
  int hour = 0;  // 24: the end of the day
  int minute = 0;
};

class Reader {
 public:
  Reader(std::string_view text, absl::TimeZone zone, absl::Time now)
      : text_(text), words_(split(text)), zone_(zone), now_(now) {}

  std::variant<Status, NotUnderstood> read() {
    while (!fault_ && at_ < words_.size()) {
      if (take(",") || take(";") || take("and")) continue;
      part();
    }
    if (fault_) return *fault_;
    if (!state_ && back_) state_ = StateWords{"back", kAway};
    if (!state_ && !status_.number.empty()) state_ = StateWords{"follow-me", kOnline};
    if (!state_) return NotUnderstood{std::string(text_), "says no state", kExamples};
    if (!status_.number.empty() && state_->state != kOnline) {
      return NotUnderstood{std::string(text_), "names a number to follow, but he is not available there",
                           "say: available, follow-me " + status_.number};
    }
    status_.automatic = state_->state == kAutomatic;
    if (status_.automatic && status_.until) {
      return NotUnderstood{std::string(text_), "automatic needs no time", "say: automatic"};
    }
    status_.state = state_->state;
    status_.do_not_disturb = state_->do_not_disturb;
    return status_;
  }

 private:
  bool is(size_t at, std::string_view word) const { return at < words_.size() && words_[at].lower == word; }
  bool take(std::string_view word) {
    if (!is(at_, word)) return false;
    ++at_;
    return true;
  }
  // Several words, one blank between them.
  size_t matches(std::string_view phrase) const {
    size_t count = 0;
    while (!phrase.empty()) {
      const size_t blank = std::min(phrase.find(' '), phrase.size());
      if (!is(at_ + count, phrase.substr(0, blank))) return 0;
      ++count;
      phrase.remove_prefix(std::min(blank + 1, phrase.size()));
    }
    return count;
  }
  bool take_phrase(std::string_view phrase) {
    const size_t count = matches(phrase);
    at_ += count;
    return count > 0;
  }

  // The words from `from` up to the next comma, at least up to where we are.
  std::string said(size_t from) const {
    size_t to = std::max(at_, from + 1);
    while (to < words_.size() && words_[to].lower != "," && words_[to].lower != ";") ++to;
    if (from >= words_.size()) return std::string(text_);
    return std::string(text_.substr(words_[from].begin, words_[to - 1].end - words_[from].begin));
  }
  // The words from `from` up to where something else than a state may begin.
  std::string phrase(size_t from) const {
    std::string words;
    for (size_t at = from; at < words_.size(); ++at) {
      const std::string& word = words_[at].lower;
      const bool other = word == "," || word == ";" || word == "and" || word == "until" || word == "for";
      if (other) break;
      words += (words.empty() ? "" : " ") + word;
    }
    return words;
  }
  void fault(size_t from, std::string why, std::string hint) {
    if (!fault_) fault_ = NotUnderstood{said(from), std::move(why), std::move(hint)};
  }

  void part() {
    const size_t from = at_;
    if (take_phrase("follow-me") || take_phrase("followme") || take_phrase("follow me")) return follow(from);
    if (take("until") || take("till") || take("til")) return until(from, moment(from));
    if (take("for")) return until(from, length(from));
    if (take_phrase("back at") || take_phrase("back by")) return back(from, moment(from));
    if (take_phrase("back in")) return back(from, length(from));
    state(from);
  }

  void state(size_t from) {
    const StateWords* best = nullptr;
    size_t most = 0;
    for (const StateWords& one : kStates) {
      const size_t count = matches(one.words);
      if (count > most) {
        most = count;
        best = &one;
      }
    }
    if (best == nullptr) {
      std::vector<std::string> known{"follow-me", "until", "back at", "back in"};
      for (const StateWords& one : kStates) known.emplace_back(one.words);
      auto near = yaml::nearest(phrase(from), known);
      if (!near) near = yaml::nearest(words_[from].lower, known);
      fault(from, "means nothing here", near ? "did you mean " + *near + "?" : kExamples);
      return;
    }
    at_ += most;
    if (state_) {
      fault(from, "says another state than before: " + std::string(state_->words), "say one of them");
      return;
    }
    state_ = *best;
  }

  void back(size_t from, std::optional<absl::Time> when) {
    back_ = true;
    until(from, when);
  }

  void until(size_t from, std::optional<absl::Time> when) {
    if (!when || fault_) return;
    if (status_.until) {
      fault(from, "says another time than before", "say one of them");
    } else if (*when <= now_) {
      fault(from, "has passed", "say a time to come");
    } else if (*when > now_ + kLongestStatus) {
      fault(from, "is too far ahead", "at most 8 days");
    } else {
      status_.until = when;
    }
  }

  void follow(size_t from) {
    if (!take("at")) take("on");
    std::string number;
    while (at_ < words_.size() && !words_[at_].lower.empty() &&
           words_[at_].lower.find_first_not_of("+0123456789*#-()./") == std::string::npos) {
      for (const char c : words_[at_].lower) {
        if (digit(c) || c == '+' || c == '*' || c == '#') number += c;
      }
      ++at_;
    }
    if (const auto rule = number_fault(number)) {
      fault(from, "names no number to follow: it " + *rule, "say: follow-me 5551234");
    } else if (!status_.number.empty()) {
      fault(from, "says another number than before", "say one of them");
    } else {
      status_.number = number;
    }
  }

  // 0 today, 1 tomorrow, up to 7 for the day of the week that it is today.
  std::optional<int> day() {
    if (take("today")) return 0;
    if (take("tomorrow")) return 1;
    if (at_ >= words_.size()) return std::nullopt;
    const std::string& word = words_[at_].lower;
    for (size_t i = 0; i < kDays.size(); ++i) {
      if (word != kDays[i] && word != kDays[i].substr(0, 3)) continue;
      ++at_;
      const int today = static_cast<int>(absl::GetWeekday(absl::ToCivilDay(now_, zone_)));
      const int ahead = (static_cast<int>(i) - today + 7) % 7;
      return ahead == 0 ? 7 : ahead;
    }
    return std::nullopt;
  }

  std::optional<TimeOfDay> time() {
    if (take("noon")) return TimeOfDay{12, 0};
    if (take("midnight")) return TimeOfDay{24, 0};
    if (at_ >= words_.size()) return std::nullopt;
    std::string_view word = words_[at_].lower;
    std::string_view half;
    if (word.ends_with("am") || word.ends_with("pm")) {
      half = word.substr(word.size() - 2);
      word.remove_suffix(2);
    } else if (is(at_ + 1, "am") || is(at_ + 1, "pm")) {
      half = words_[at_ + 1].lower;
    }
    const size_t colon = word.find(':');
    const auto hour = small_number(word.substr(0, colon));
    const auto minute = colon == std::string_view::npos ? std::optional(0)
                                                        : small_number(word.substr(std::min(colon + 1, word.size())));
    const bool two_digits = colon == std::string_view::npos || word.size() - colon == 3;
    if (!hour || !minute || !two_digits || word.substr(0, colon).size() > 2 || *minute > 59) return std::nullopt;
    TimeOfDay time{*hour, *minute};
    if (!half.empty()) {
      if (time.hour < 1 || time.hour > 12) return std::nullopt;
      time.hour = time.hour % 12 + (half == "pm" ? 12 : 0);
    }
    if (time.hour > 24 || (time.hour == 24 && time.minute > 0)) return std::nullopt;
    at_ += !half.empty() && words_[at_].lower.size() == word.size() ? 2 : 1;
    return time;
  }

  std::optional<absl::Time> moment(size_t from) {
    auto ahead = day();
    if (ahead) take("at");
    const auto at = time();
    if (!at) {
      fault(from, ahead ? "says a day but no time" : "says no time",
            "such as: until 15:00, until tomorrow 9:30, back at 9am");
      return std::nullopt;
    }
    if (!ahead) {
      const size_t before = at_;
      take("on");
      ahead = day();
      if (!ahead) at_ = before;
    }
    const bool today = !ahead || *ahead == 0;
    const absl::CivilDay date = absl::ToCivilDay(now_, zone_) + ahead.value_or(0);
    // An hour that comes twice on that day is the first one that is still to come; one that is left out is the moment
    // at which the clock jumps over it.
    const absl::TimeZone::TimeInfo info = zone_.At(absl::CivilSecond(date) + (at->hour * 3600 + at->minute * 60));
    const absl::Time when = info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans
                            : info.pre > now_                              ? info.pre
                                                                           : info.post;
    if (today && when <= now_) {
      const auto text = [](int hour, int minute) {
        return std::to_string(hour) + (minute < 10 ? ":0" : ":") + std::to_string(minute);
      };
      std::string hint = "say: tomorrow " + text(at->hour, at->minute);
      if (at->hour < 12) hint += ", or " + text(at->hour + 12, at->minute);
      fault(from, "has passed today", hint);
      return std::nullopt;
    }
    return when;
  }

  std::optional<absl::Time> length(size_t from) {
    absl::Duration total;
    bool some = false;
    for (;;) {
      const size_t before = at_;
      if (some) take("and");
      const auto one = one_length();
      if (!one) {
        at_ = before;
        break;
      }
      total += *one;
      some = true;
    }
    if (!some || total <= absl::ZeroDuration()) {
      fault(from, "says no length of time", "such as: for 30 minutes, back in 1h30m");
      return std::nullopt;
    }
    return now_ + total;
  }

  static std::optional<absl::Duration> unit(std::string_view word) {
    for (const std::string_view hours : {"h", "hour", "hours", "hr", "hrs"}) {
      if (word == hours) return absl::Hours(1);
    }
    for (const std::string_view minutes : {"m", "min", "mins", "minute", "minutes"}) {
      if (word == minutes) return absl::Minutes(1);
    }
    if (word == "day" || word == "days") return absl::Hours(24);
    return std::nullopt;
  }

  std::optional<absl::Duration> one_length() {
    if (take_phrase("half an hour")) return absl::Minutes(30);
    if (take_phrase("an hour")) return absl::Hours(1);
    if (take_phrase("a minute")) return absl::Minutes(1);
    if (at_ >= words_.size()) return std::nullopt;
    const std::string& word = words_[at_].lower;
    if (const auto number = small_number(word); number && at_ + 1 < words_.size()) {
      const auto one = unit(words_[at_ + 1].lower);
      if (!one) return std::nullopt;
      at_ += 2;
      return *one * *number;
    }
    if (const auto ms = yaml::to_duration_ms(word)) {
      ++at_;
      return absl::Milliseconds(*ms);
    }
    // "30min"
    const size_t digits = std::min(word.find_first_not_of("0123456789"), word.size());
    const auto number = small_number(std::string_view(word).substr(0, digits));
    const auto one = unit(std::string_view(word).substr(digits));
    if (!number || !one) return std::nullopt;
    ++at_;
    return *one * *number;
  }

  std::string_view text_;
  std::vector<Word> words_;
  absl::TimeZone zone_;
  absl::Time now_;
  size_t at_ = 0;
  Status status_;
  std::optional<StateWords> state_;
  bool back_ = false;
  std::optional<NotUnderstood> fault_;
};

}  // namespace

std::optional<std::string> number_fault(std::string_view number) {
  std::string_view digits = number;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  const bool good = digits.size() >= 2 && digits.size() <= 31 &&
                    std::all_of(digits.begin(), digits.end(), [](char c) { return digit(c) || c == '*' || c == '#'; });
  if (good) return std::nullopt;
  return "must be an optional + and 2 to 31 digits, * or #";
}

std::variant<Status, NotUnderstood> read_status(std::string_view text, absl::TimeZone zone, absl::Time now) {
  while (!text.empty() && (text.back() == '.' || text.back() == '!' || text.back() == ' ')) text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return Reader(text, zone, now).read();
}

}  // namespace expertline::presence
