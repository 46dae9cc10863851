// Ids and resource names (AIP-122) of the contract.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace expertline {

// An id matches [A-Za-z0-9._@-]{1,128}. Whatever reaches a key of the store has passed this.
bool valid_id(std::string_view id);

// INVALID_FIELD unless `id` is valid.
Result<Done> check_id(const std::string& field, std::string_view id);

// A resource below a domain.
struct ResourceName {
  std::string domain;
  std::string id;
};

// "domains/{domain}" -> domain.
Result<std::string> parse_domain(const std::string& field, std::string_view name);
// "domains/{domain}/experts/{expert}".
Result<ResourceName> parse_expert(const std::string& field, std::string_view name);
// "domains/{domain}/sessions/{session}".
Result<ResourceName> parse_session(const std::string& field, std::string_view name);

std::string domain_name(std::string_view domain);
std::string expert_name(std::string_view domain, std::string_view expert);
std::string session_name(std::string_view domain, std::string_view session);

}  // namespace expertline
