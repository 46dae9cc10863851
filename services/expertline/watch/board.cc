#include "expertline/watch/board.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "expertline/terminal/table.h"
#include "expertline/terminal/words.h"

namespace expertline::cli {
namespace {

const v1::MediumStatus* find_medium(const v1::ExpertRecord& expert, const std::string& medium) {
  for (const auto& status : expert.media()) {
    if (status.medium() == medium) return &status;
  }
  return nullptr;
}

bool ready(const v1::ExpertRecord& expert, const std::string& medium) {
  const auto* status = find_medium(expert, medium);
  return status != nullptr && status->routable() && status->used() < status->capacity() && expert.has_desk();
}

int used(const v1::ExpertRecord& expert) {
  int sum = 0;
  for (const auto& status : expert.media()) sum += status.used();
  return sum;
}

std::string load(const v1::ExpertRecord& expert, const std::string& medium) {
  const auto* status = find_medium(expert, medium);
  if (status == nullptr) return "";
  return fmt::format("{}/{}{}", status->used(), status->capacity(), status->routable() ? "" : " no");
}

std::string age(int64_t seconds) {
  if (seconds < 0) seconds = 0;
  if (seconds < 3600) return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

// The expert, or those who are being asked.
std::string who(const v1::Leg& leg) {
  if (!leg.expert().empty()) return id_of(leg.expert());
  std::string asked;
  for (const auto& offer : leg.offers()) {
    if (offer.outcome() == v1::OFFER_OUTCOME_UNSPECIFIED)
      asked += (asked.empty() ? "asks " : " ") + id_of(offer.expert());
  }
  return asked;
}

}  // namespace

bool Board::apply(const v1::WatchReadModelResponse& change) {
  if (change.snapshot_begin()) {
    experts_.clear();
    complete_ = false;
  }
  bool changed = change.snapshot_begin() || change.snapshot_complete();
  for (const auto& record : change.records()) {
    const std::string id = id_of(record.expert().name());
    const auto known = experts_.find(id);
    if (known != experts_.end() && known->second.revision() >= record.revision()) continue;
    changed = true;
    if (record.removed()) {
      experts_.erase(id);
    } else {
      experts_[id] = record;
    }
  }
  if (change.snapshot_complete()) complete_ = true;
  if (!change.cursor().empty()) cursor_ = change.cursor();
  return changed;
}

void Board::set_sessions(std::vector<v1::Session> sessions, bool more) {
  sessions_ = std::move(sessions);
  more_sessions_ = more;
}

void Board::add_skills(const Terminal& terminal, std::string& out) const {
  struct Count {
    int experts = 0;
    int ready_im = 0;
    int ready_voice = 0;
  };
  std::map<std::string, Count> skills;
  for (const auto& [id, expert] : experts_) {
    for (const auto& [skill, level] : expert.expert().skills()) {
      Count& count = skills[skill];
      ++count.experts;
      if (ready(expert, "im")) ++count.ready_im;
      if (ready(expert, "voice")) ++count.ready_voice;
    }
  }
  if (skills.empty()) return;
  Table table({"skill", ">experts", ">ready im", ">ready voice"});
  for (const auto& [skill, count] : skills) {
    if (table.rows() == 8) break;
    table.add(
        {skill, std::to_string(count.experts), std::to_string(count.ready_im), std::to_string(count.ready_voice)});
  }
  out += "\n" + table.text(terminal);
}

void Board::add_experts(const Terminal& terminal, size_t rows, std::string& out) const {
  // Those who hold something first, then those who are ready, then the others.
  std::vector<const v1::ExpertRecord*> order;
  for (const auto& [id, expert] : experts_) order.push_back(&expert);
  auto rank = [](const v1::ExpertRecord* e) {
    return used(*e) > 0 ? 0 : ready(*e, "im") || ready(*e, "voice") ? 1 : 2;
  };
  std::stable_sort(order.begin(), order.end(), [&](auto* a, auto* b) { return rank(a) < rank(b); });
  Table table({"expert", "name", "state", "im", "voice", "desk", "skills"});
  for (const auto* expert : order) {
    if (table.rows() == rows) break;
    std::string skills;
    const auto& levels = expert->expert().skills();
    for (const auto& [skill, level] : std::map(levels.begin(), levels.end())) {
      skills += fmt::format("{}{} {}", skills.empty() ? "" : ", ", skill, level);
    }
    table.add({id_of(expert->expert().name()), expert->expert().display_name(),
               word(expert->state()) + (expert->do_not_disturb() ? " dnd" : ""), load(*expert, "im"),
               load(*expert, "voice"), expert->has_desk() ? "yes" : "no", skills});
  }
  if (table.rows() > 0) out += "\n" + table.text(terminal);
  if (table.rows() < order.size()) out += fmt::format("... {} more\n", order.size() - table.rows());
}

void Board::add_sessions(const Terminal& terminal, size_t rows, int64_t now_s, std::string& out) const {
  out += fmt::format("\n{}\n", terminal.paint(Style::kBold, fmt::format("Open sessions: {}{}", sessions_.size(),
                                                                        more_sessions_ ? " and more" : "")));
  Table table({"session", "agent", "leg", "state", "expert", "at", ">age"});
  size_t legs = 0;
  for (const auto& session : sessions_) {
    for (const auto& leg : session.legs()) {
      if (leg.state() == v1::LEG_STATE_ENDED) continue;
      if (++legs > rows) continue;
      table.add({id_of(session.name()), session.agent().id(), leg.id(), word(leg.state()), who(leg),
                 leg.routing_point(), age(now_s - session.create_time().seconds())});
    }
  }
  if (table.rows() > 0) out += table.text(terminal);
  if (legs > table.rows()) out += fmt::format("... {} more legs\n", legs - table.rows());
}

std::string Board::frame(const Terminal& terminal, const std::string& where, const std::string& clock,
                         int64_t now_s) const {
  std::map<v1::PresenceState, int> states;
  std::map<std::string, std::pair<int, int>> media;  // used, capacity
  int desks = 0;
  for (const auto& [id, expert] : experts_) {
    ++states[expert.state()];
    if (expert.has_desk()) ++desks;
    for (const auto& status : expert.media()) {
      media[status.medium()].first += status.used();
      media[status.medium()].second += status.capacity();
    }
  }
  std::string out = fmt::format("{}  {}  {}\n", terminal.paint(Style::kBold, "Expertline"), where, clock);
  out += fmt::format("Experts: {}", experts_.size());
  for (const auto& [state, count] : states) out += fmt::format("  {} {}", count, word(state));
  out += fmt::format("  {} with a desk", desks);
  for (const auto& [medium, load_of] : media) out += fmt::format("  {} {}/{}", medium, load_of.first, load_of.second);
  out += complete_ ? "\n" : "  (still loading)\n";
  add_skills(terminal, out);
  // On a tty what is left is shared by experts and sessions; elsewhere everything is printed.
  size_t left = 1'000'000;
  if (terminal.tty) {
    const auto lines = static_cast<size_t>(std::count(out.begin(), out.end(), '\n'));
    const auto height = static_cast<size_t>(terminal.height);
    left = height > lines + 9 ? height - lines - 9 : 2;
  }
  add_experts(terminal, terminal.tty ? left - left / 2 : left, out);
  add_sessions(terminal, terminal.tty ? left / 2 : left, now_s, out);
  return out;
}

}  // namespace expertline::cli
