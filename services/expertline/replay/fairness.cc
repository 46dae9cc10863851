#include "expertline/replay/fairness.h"

#include <algorithm>

#include "routing/statistics.h"

namespace expertline::cli {

void FairnessLedger::add(const std::string& skillset, const std::string& expert,
                         const std::vector<std::string>& eligible) {
  Counts& counts = skillsets_[skillset];
  const bool choice = eligible.size() > 1;
  for (const auto& one : eligible) {
    Count& count = counts.experts[one];
    if (choice) count.expected += 1.0 / static_cast<double>(eligible.size());
  }
  Count& asked = counts.experts[expert];
  ++asked.offers;
  if (choice) {
    ++asked.tested;
    ++counts.tested;
  }
}

std::vector<FairnessLedger::Skillset> FairnessLedger::report() const {
  std::vector<Skillset> all;
  for (const auto& [name, counts] : skillsets_) {
    Skillset skillset;
    skillset.name = name;
    skillset.tested = counts.tested;
    int due = 0;
    for (const auto& [expert, count] : counts.experts) {
      skillset.offers += count.offers;
      skillset.by_expert[expert] = count.offers;
      if (count.expected == 0) continue;
      skillset.least_expected = due == 0 ? count.expected : std::min(skillset.least_expected, count.expected);
      ++due;
      const double off = count.tested - count.expected;
      skillset.chi_square += off * off / count.expected;
    }
    skillset.degrees_of_freedom = std::max(due - 1, 0);
    if (due > 1) skillset.p_value = routing::chi_square_tail(skillset.chi_square, skillset.degrees_of_freedom);
    all.push_back(std::move(skillset));
  }
  return all;
}

}  // namespace expertline::cli
