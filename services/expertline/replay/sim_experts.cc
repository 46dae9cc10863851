#include "expertline/replay/sim_experts.h"

#include <fmt/format.h>

#include <algorithm>

#include "expertline/calls/call_record.h"

namespace expertline::cli {

SimExperts::SimExperts(int count, Manner manner, uint64_t seed) : manner_(manner), draw_(seed) {
  const auto& all = skillsets();
  for (int i = 0; i < count; ++i) {
    const auto place = static_cast<size_t>(i);
    const std::string id = fmt::format("sim-{:03}", i + 1);
    const std::string& first = all[place % all.size()];
    // Steps of 1 to 4 around the list, another with each round, so that all pairs of skillsets occur.
    const std::string& second = all[(place + 1 + place / all.size() % (all.size() - 1)) % all.size()];
    ids_.push_back(id);
    skills_.push_back({{first, 3 + static_cast<int>(draw_.index(3))}, {second, 1 + static_cast<int>(draw_.index(2))}});
    by_skill_[first].push_back(id);
    by_skill_[second].push_back(id);
  }
}

std::vector<std::string> SimExperts::rosters(size_t most) const {
  std::vector<std::string> rosters;
  for (size_t i = 0; i < ids_.size(); ++i) {
    if (i % most == 0) rosters.emplace_back("experts:\n");
    std::string skills;
    for (const auto& [skill, level] : skills_[i])
      skills += fmt::format("{}{}: {}", skills.empty() ? "" : ", ", skill, level);
    rosters.back() += fmt::format(
        "  - id: {0}\n    name: Simulated expert {1}\n    site: simulation\n    languages: [en]\n"
        "    skills: {{{2}}}\n    groups: [simulated]\n    capacity: {{im: 1, voice: 1}}\n"
        "    dns: {{voice: \"{3}\"}}\n",
        ids_[i], i + 1, skills, 900'000 + i + 1);
  }
  return rosters;
}

SimExperts::Answer SimExperts::draw_answer() {
  Answer answer;
  const double place = draw_.unit();
  if (place < manner_.decline) {
    answer.reaction = Reaction::kDecline;
  } else if (place < manner_.decline + manner_.overlook) {
    answer.reaction = Reaction::kOverlook;
  }
  if (manner_.answer_s > 0) answer.delay_s = draw_.exponential(manner_.answer_s);
  return answer;
}

void SimExperts::hold(const std::string& expert, const std::string& what) { holdings_[expert].insert(what); }

void SimExperts::release(const std::string& expert, const std::string& what) {
  const auto held = holdings_.find(expert);
  if (held == holdings_.end()) return;
  held->second.erase(what);
  if (held->second.empty()) holdings_.erase(held);
}

std::vector<std::string> SimExperts::ready(const std::string& skill, const std::set<std::string>& without) const {
  std::vector<std::string> found;
  const auto skilled = by_skill_.find(skill);
  if (skilled == by_skill_.end()) return found;
  std::copy_if(skilled->second.begin(), skilled->second.end(), std::back_inserter(found),
               [&](const std::string& id) { return !holdings_.contains(id) && !without.contains(id); });
  return found;
}

}  // namespace expertline::cli
