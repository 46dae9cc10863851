// Decision records of a running system.
#pragma once

#include <functional>
#include <string>

#include "expertline/client/connection.h"

namespace expertline::cli {

// All records of the domain, or of one strategy, oldest first, page by page, as far as they are kept.
grpc::Status each_decision(Connection& connection, const std::string& strategy,
                           const std::function<void(const v1::DecisionRecord&)>& visit);

}  // namespace expertline::cli
