// The Redis Functions of this release, one library of the name expertline1.
#pragma once

#include <string>

namespace expertline::state {

// Its Lua source, for FUNCTION LOAD REPLACE.
const std::string& function_library();

}  // namespace expertline::state
