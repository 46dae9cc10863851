// Whether offers reached experts as uniform drawing would.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace expertline::cli {

// Experts differ in how often they are free, so equal counts are not to be expected. For each offer the experts who
// could have got it are noted, and each of them was due 1/(their number) of it. Offers with only one such expert
// leave no choice and are counted, not tested.
class FairnessLedger {
 public:
  // `expert` was asked; `eligible` are all who could have been, `expert` among them.
  void add(const std::string& skillset, const std::string& expert, const std::vector<std::string>& eligible);

  struct Skillset {
    std::string name;
    int offers = 0;
    int tested = 0;                        // of them, with a choice
    std::map<std::string, int> by_expert;  // offers of those who were eligible at least once
    double chi_square = 0;                 // over the tested offers
    int degrees_of_freedom = 0;            // experts due anything, less one
    double p_value = 1;                    // 1 where nothing could be tested
    double least_expected = 0;             // below 5 the p-value is rough
  };
  // By name.
  std::vector<Skillset> report() const;

 private:
  struct Count {
    int offers = 0;
    int tested = 0;
    double expected = 0;  // of the tested
  };
  struct Counts {
    int tested = 0;
    std::map<std::string, Count> experts;
  };
  std::map<std::string, Counts> skillsets_;
};

}  // namespace expertline::cli
