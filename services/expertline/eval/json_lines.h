// The protocol of `expertline eval --json`: a request in one line, its answer in one line.
#pragma once

#include <string>
#include <string_view>

#include "cel/arena.h"

namespace expertline::cli {

// The request: {"expr": ..., "bindings": {name: typed value}, "types": {name: type}, "container": ...,
// "disable_check": bool, "disable_macros": bool, "check_only": bool}, all but expr optional; a binding without a type
// is dyn. The answer, without a line end: {"value": typed value, "type": type}, with check_only {"type": type}, or
// {"error": message, "phase": "parse" | "check" | "eval"}; of a line that is no request the phase is parse.
class JsonLines {
 public:
  std::string answer(std::string_view line);

 private:
  cel::Arena arena_;
};

}  // namespace expertline::cli
