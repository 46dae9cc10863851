// The domains a process serves.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/names.h"
#include "base/result.h"

namespace expertline::presence {

class Domains {
 public:
  explicit Domains(std::vector<std::string> served) : served_(std::move(served)) {}

  const std::vector<std::string>& served() const { return served_; }

  // UNKNOWN_DOMAIN unless it is served.
  Result<Done> check(const std::string& domain) const {
    if (std::find(served_.begin(), served_.end(), domain) != served_.end()) return Done{};
    return Error{.reason = v1::ERROR_REASON_UNKNOWN_DOMAIN,
                 .message = "this process does not serve the domain " + domain,
                 .metadata = {{"domain", domain}}};
  }
  // The domain of "domains/{domain}", if it is served.
  Result<std::string> domain(const std::string& field, const std::string& name) const {
    auto parsed = parse_domain(field, name);
    if (!parsed) return parsed;
    if (const auto served = check(*parsed); !served) return served.error();
    return parsed;
  }
  // Of "domains/{domain}/experts/{expert}", if the domain is served.
  Result<ResourceName> expert(const std::string& field, const std::string& name) const {
    auto parsed = parse_expert(field, name);
    if (!parsed) return parsed;
    if (const auto served = check(parsed->domain); !served) return served.error();
    return parsed;
  }

 private:
  std::vector<std::string> served_;
};

}  // namespace expertline::presence
