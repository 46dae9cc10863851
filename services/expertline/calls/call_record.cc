#include "expertline/calls/call_record.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace expertline::cli {
namespace {

constexpr std::string_view kHeader =
    "vru+line,call_id,type,vru_entry,vru_exit,vru_time,q_start,q_exit,q_time,outcome,ser_start,ser_exit,ser_time,"
    "server,server_abv";
constexpr size_t kColumns = 15;
constexpr int kDay = 86'400;

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kSkillsets = {{{"PS", "regular"},
                                                                                      {"NE", "stocks"},
                                                                                      {"NW", "prospects"},
                                                                                      {"IN", "internet"},
                                                                                      {"PE", "english"},
                                                                                      {"TT", "regular"}}};

std::vector<std::string_view> split(std::string_view row) {
  std::vector<std::string_view> cells;
  size_t start = 0;
  for (size_t comma = row.find(','); comma != std::string_view::npos; comma = row.find(',', start)) {
    cells.push_back(row.substr(start, comma - start));
    start = comma + 1;
  }
  cells.push_back(row.substr(start));
  return cells;
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// h:mm:ss or hh:mm:ss.
std::optional<DaySeconds> time_of_day(std::string_view text) {
  const size_t first = text.find(':');
  if (first == std::string_view::npos || first == 0 || first > 2 || text.size() != first + 6 ||
      text[first + 3] != ':') {
    return std::nullopt;
  }
  const auto hours = number(text.substr(0, first));
  const auto minutes = number(text.substr(first + 1, 2));
  const auto seconds = number(text.substr(first + 4, 2));
  if (!hours || !minutes || !seconds || *hours > 23 || *minutes > 59 || *seconds > 59) return std::nullopt;
  return *hours * 3600 + *minutes * 60 + *seconds;
}

std::optional<CallOutcome> outcome_of(std::string_view text) {
  if (text == "AGENT") return CallOutcome::kAgent;
  if (text == "HANG") return CallOutcome::kHang;
  if (text == "PHANTOM") return CallOutcome::kPhantom;
  return std::nullopt;
}

const char* outcome_text(CallOutcome outcome) {
  switch (outcome) {
    case CallOutcome::kAgent:
      return "AGENT";
    case CallOutcome::kHang:
      return "HANG";
    case CallOutcome::kPhantom:
      return "PHANTOM";
  }
  return "";
}

// Reads one row into `call`; what is wrong with it, or nothing.
std::string read_row(std::string_view row, CallRecord& call) {
  const auto cells = split(row);
  if (cells.size() != kColumns) return fmt::format("{} columns instead of {}", cells.size(), kColumns);
  std::string fault;
  auto note = [&](std::string_view column, std::string_view text, const char* rule) {
    if (fault.empty()) fault = fmt::format("{} \"{}\" is not {}", column, text, rule);
  };
  const auto names = split(kHeader);
  auto time = [&](size_t place) {
    const auto value = time_of_day(cells[place]);
    if (!value) note(names[place], cells[place], "a time hh:mm:ss");
    return value.value_or(0);
  };
  auto count = [&](size_t place) {
    const auto value = number(cells[place]);
    if (!value) note(names[place], cells[place], "a whole number from 0");
    return value.value_or(0);
  };

  call.line = cells[0];
  call.call_id = cells[1];
  call.type = cells[2];
  if (call.call_id.empty()) note(names[1], cells[1], "an id");
  if (!skillset_of(call.type)) note(names[2], cells[2], "one of PS, NE, NW, IN, PE, TT");
  call.vru_entry = time(3);
  call.vru_exit = time(4);
  // vru_time is the difference of the two before it, negative where the unit's two clocks disagree: not needed.
  call.queue_start = time(6);
  call.queue_exit = time(7);
  call.queue_time = count(8);
  const auto outcome = outcome_of(cells[9]);
  if (!outcome) note(names[9], cells[9], "one of AGENT, HANG, PHANTOM");
  call.outcome = outcome.value_or(CallOutcome::kHang);
  call.service_start = time(10);
  time(11);
  call.service_time = count(12);
  call.server = cells[13];
  if (call.served() && call.server.empty()) note(names[13], cells[13], "the name of an agent");
  return fault;
}

std::string clock_text(DaySeconds seconds) {
  seconds %= kDay;
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace

std::optional<std::string_view> skillset_of(std::string_view type) {
  for (const auto& [known, skillset] : kSkillsets) {
    if (known == type) return skillset;
  }
  return std::nullopt;
}

const std::vector<std::string>& skillsets() {
  static const std::vector<std::string> kAll = {"regular", "stocks", "prospects", "internet", "english"};
  return kAll;
}

CallFile read_calls(std::istream& in) {
  CallFile file;
  file.header_fault = fmt::format("the first line must be \"{}\"", kHeader);
  std::string row;
  for (size_t number_of_line = 1; std::getline(in, row); ++number_of_line) {
    if (!row.empty() && row.back() == '\r') row.pop_back();
    if (number_of_line == 1) {
      if (row != kHeader) return file;
      file.header_fault.clear();
      continue;
    }
    if (row.empty()) continue;
    CallRecord call;
    if (auto fault = read_row(row, call); fault.empty()) {
      file.calls.push_back(std::move(call));
    } else {
      file.issues.push_back({.line = number_of_line, .what = std::move(fault)});
    }
  }
  return file;
}

void write_calls(std::ostream& out, const std::vector<CallRecord>& calls) {
  out << kHeader << '\n';
  for (const auto& call : calls) {
    out << fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", call.line, call.call_id, call.type,
                       clock_text(call.vru_entry), clock_text(call.vru_exit), call.vru_exit - call.vru_entry,
                       clock_text(call.queue_start), clock_text(call.queue_exit), call.queue_time,
                       outcome_text(call.outcome), clock_text(call.service_start),
                       clock_text(call.service_start + call.service_time), call.service_time, call.server,
                       call.server.substr(0, 3));
  }
}

}  // namespace expertline::cli
