// Statistics for judging fairness. Pure.
#pragma once

#include <cstdint>
#include <span>

namespace expertline::routing {

// The chance that a chi-square variable with `degrees` (at least 1) degrees of freedom exceeds `x`.
double chi_square_tail(double x, double degrees);

// The p-value of the hypothesis that these counts came from draws in which each cell was equally likely. 1 with fewer
// than two cells or no draws.
double uniform_p_value(std::span<const int64_t> counts);

}  // namespace expertline::routing
