// A report as text: a table for people, CSV and JSON for programs. Pure.
#pragma once

#include <string>

#include "expertline/terminal/terminal.h"
#include "expertline/v1/report.pb.h"

namespace expertline::cli {

// Columns depend on `request.by()`. With a row of all together at the end; by expert, below it, how evenly work was
// shared out per eligible hour, and who had most.
std::string report_table(const v1::GetReportRequest& request, const v1::GetReportResponse& report,
                         const Terminal& terminal);
// RFC 4180, a header line first; times in seconds; what has no value is empty. Without a row of all together.
std::string report_csv(const v1::GetReportRequest& request, const v1::GetReportResponse& report);
// One object: by, from, to, time_zone, rows, total, by expert also fairness; names and units are those of the CSV, what
// has no value is absent.
std::string report_json(const v1::GetReportRequest& request, const v1::GetReportResponse& report);

}  // namespace expertline::cli
