#include "base/names.h"

#include <algorithm>

namespace expertline {
namespace {

constexpr std::string_view kRule = "must match [A-Za-z0-9._@-]{1,128}";

bool id_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '@' || c == '-';
}

std::string build(std::string_view domain, std::string_view collection, std::string_view id) {
  std::string name = "domains/";
  name.append(domain).append("/").append(collection).append("/").append(id);
  return name;
}

Result<ResourceName> parse(const std::string& field, std::string_view name, std::string_view collection) {
  const Error malformed = invalid_field(
      field, "must be domains/{domain}/" + std::string(collection) + "/{id}, each id matching [A-Za-z0-9._@-]{1,128}");
  constexpr std::string_view prefix = "domains/";
  if (!name.starts_with(prefix)) return malformed;
  name.remove_prefix(prefix.size());
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos) return malformed;
  const std::string_view domain = name.substr(0, slash);
  name.remove_prefix(slash + 1);
  if (!name.starts_with(collection) || name.size() <= collection.size() || name[collection.size()] != '/') {
    return malformed;
  }
  name.remove_prefix(collection.size() + 1);
  if (!valid_id(domain) || !valid_id(name)) return malformed;
  return ResourceName{.domain = std::string(domain), .id = std::string(name)};
}

}  // namespace

bool valid_id(std::string_view id) {
  return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), id_character);
}

Result<Done> check_id(const std::string& field, std::string_view id) {
  if (!valid_id(id)) return invalid_field(field, std::string(kRule));
  return Done{};
}

Result<std::string> parse_domain(const std::string& field, std::string_view name) {
  constexpr std::string_view prefix = "domains/";
  if (name.starts_with(prefix) && valid_id(name.substr(prefix.size()))) return std::string(name.substr(prefix.size()));
  return invalid_field(field, "must be domains/{domain}, the id matching [A-Za-z0-9._@-]{1,128}");
}

Result<ResourceName> parse_expert(const std::string& field, std::string_view name) {
  return parse(field, name, "experts");
}

Result<ResourceName> parse_session(const std::string& field, std::string_view name) {
  return parse(field, name, "sessions");
}

std::string domain_name(std::string_view domain) { return "domains/" + std::string(domain); }

std::string expert_name(std::string_view domain, std::string_view expert) { return build(domain, "experts", expert); }

std::string session_name(std::string_view domain, std::string_view session) {
  return build(domain, "sessions", session);
}

}  // namespace expertline
