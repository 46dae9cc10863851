// User data between the contract and the store: one hash field per key, the content behind a letter for its kind.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace expertline::state {

constexpr int64_t kDefaultUserDataLimit = 16'000;  // bytes; voice platforms take no more by default
constexpr int64_t kMostUserDataLimit = 65'535;

// INVALID_FIELD for a key that is empty or longer than 255 bytes, or a value without a kind.
Result<Done> check_user_data(const std::string& field, const google::protobuf::Map<std::string, v1::UserValue>& values);

// Appends "=key", content for each value, as the functions of the store take them.
void append_user_data(const google::protobuf::Map<std::string, v1::UserValue>& values, std::vector<std::string>& to);

// Takes one field of the hash into `data`.
void read_user_data_field(const std::string& field, const std::string& content, v1::UserData& data);

}  // namespace expertline::state
