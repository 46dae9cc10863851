// Strategies from files and from a running system, for tools that decide anew.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "expertline/client/connection.h"
#include "routing/strategy.h"

namespace expertline::cli {

// A strategy file, with the calendars of its folder. The error has all faults, one a line.
Result<std::shared_ptr<const routing::Strategy>> load_strategy(const std::string& path);

// A revision that the domain keeps; empty means the live one.
Result<std::shared_ptr<const routing::Strategy>> fetch_strategy(Connection& connection, const std::string& name,
                                                                const std::string& revision);

}  // namespace expertline::cli
