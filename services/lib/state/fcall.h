// Calls a function of the library (library.h) and reads its answer.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "redis/client.h"

namespace expertline::state {

// "{domain}:name": every key of a domain lies in one slot.
std::string key(const std::string& domain, const std::string& name);

// FCALL `function` with the clock of `domain` as its key. Gives the elements of its answer, of which the first is a
// word such as "ok" or "late"; a refusal becomes its Error; STORE_UNAVAILABLE if nothing is known of the outcome or
// Redis takes no writes now. Loop thread.
Task<Result<std::vector<redis::Reply>>> fcall_word(redis::Client& redis, std::string function, std::string domain,
                                                   std::vector<std::string> arguments);

// The same for a function that either answers "ok" or refuses: the elements after "ok".
Task<Result<std::vector<redis::Reply>>> fcall(redis::Client& redis, std::string function, std::string domain,
                                              std::vector<std::string> arguments);

// The command that gives a connection the functions of this release (redis::Client::Options::on_connect).
redis::Command load_functions();

}  // namespace expertline::state
