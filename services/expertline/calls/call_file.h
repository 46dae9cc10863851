// The file of call records on the command line.
#pragma once

#include <string>

#include "expertline/calls/call_record.h"

namespace expertline::cli {

// Reads it and says on stderr which rows are left out and why. The exit code of a file that cannot be used at all, 0 to
// go on.
int read_call_file(const std::string& path, CallFile& file);

}  // namespace expertline::cli
