// Call records of a day, one CSV row a call (docs/command-line.md has the columns). No I/O here but reading a stream.
#pragma once

#include <istream>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace expertline::cli {

// Seconds of the day the file is about; calls that end after midnight go beyond 86,400.
using DaySeconds = int;

enum class CallOutcome { kAgent, kHang, kPhantom };

struct CallRecord {
  std::string line;  // entry line
  std::string call_id;
  std::string type;  // PS, NE, NW, IN, PE, TT
  DaySeconds vru_entry = 0;
  DaySeconds vru_exit = 0;
  DaySeconds queue_start = 0;  // 0 with queue_time 0: did not wait
  DaySeconds queue_exit = 0;
  int queue_time = 0;
  CallOutcome outcome = CallOutcome::kHang;
  DaySeconds service_start = 0;  // 0 with service_time 0: nobody spoke with him
  int service_time = 0;          // seconds
  std::string server;            // the agent; NO_SERVER if none is known

  // A row that says AGENT but has no time with one is a contact too short to be seen.
  bool served() const { return outcome == CallOutcome::kAgent; }
};

// The skillset an expert is asked from about a call of that type; nothing for a type that is not known.
std::optional<std::string_view> skillset_of(std::string_view type);
// All of them, each once.
const std::vector<std::string>& skillsets();

struct RowIssue {
  size_t line = 0;  // from 1
  std::string what;
};

struct CallFile {
  std::vector<CallRecord> calls;  // in the order of the file
  std::vector<RowIssue> issues;   // rows that were left out
  std::string header_fault;       // not empty: the file is not of this form, nothing was read
};

CallFile read_calls(std::istream& in);

// The header and rows as read_calls reads them.
void write_calls(std::ostream& out, const std::vector<CallRecord>& calls);

}  // namespace expertline::cli
