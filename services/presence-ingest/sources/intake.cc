#include "presence-ingest/sources/intake.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "presence-ingest/fields.h"

namespace expertline::presence {
namespace {
constexpr int kMostWriting = 4;  // calls of the store under way
constexpr int64_t kMostAliveMs = 1000;
constexpr int64_t kLeastWaitMs = 5;
}  // namespace

Intake::Intake(app::Loop& loop, Reports& reports, SourceRegistry& registry, std::string domain,
               std::function<void(Acknowledged)> on_acknowledged, std::function<void(const Error&)> on_error)
    : loop_(loop),
      reports_(reports),
      registry_(registry),
      domain_(std::move(domain)),
      on_acknowledged_(std::move(on_acknowledged)),
      on_error_(std::move(on_error)) {}

Task<Result<v1::SourceWelcome>> Intake::hello(v1::SourceHello hello) {
  const auto self = shared_from_this();
  v1::SourceHello copy = hello;
  auto welcome = co_await registry_.hello(domain_, std::move(copy));
  if (!welcome) co_return welcome;
  using google::protobuf::util::TimeUtil;
  alive_every_ms_ = std::min(kMostAliveMs, TimeUtil::DurationToMilliseconds(welcome->heartbeat()) / 4);
  alive_told_ms_ = loop_.now_ms();
  hello_ = std::move(hello);
  co_return welcome;
}

void Intake::push(int64_t id, Batch reports) {
  if (hello_) say_alive();
  auto batch = std::make_shared<Pushed>(Pushed{.id = id, .left = 0, .refused = {}});
  batches_.push_back(batch);
  for (int i = 0; i < reports.size(); ++i) {
    const std::string source = reports.Get(i).source().empty() && hello_ ? hello_->source() : reports.Get(i).source();
    auto admitted = registry_.admit(domain_, std::move(reports.at(i)), hello_ ? &*hello_ : nullptr);
    if (auto* refusal = std::get_if<SourceRegistry::Refusal>(&admitted)) {
      registry_.count_refused(domain_, source, refusal->reason);
      batch->refused.push_back(Reports::refused(i, refusal->reason, std::move(refusal->detail)));
    } else {
      ++batch->left;
      add({.report = std::move(std::get<state::Report>(admitted)), .batch = batch, .index = i, .overtook = 0});
    }
  }
  pump();
  acknowledge();
}

// Takes the place of what waits already of the same expert and source.
void Intake::add(Waiting waiting) {
  const auto key = std::make_pair(waiting.report.expert, waiting.report.source);
  const auto found = latest_.find(key);
  if (found == latest_.end()) {
    waiting_.push_back(std::move(waiting));
    latest_[key] = std::prev(waiting_.end());
    return;
  }
  Waiting& old = *found->second;
  if (std::tie(waiting.report.epoch, waiting.report.sequence) < std::tie(old.report.epoch, old.report.sequence)) {
    refuse(waiting, state::ReportOutcome::stale);
    return;
  }
  waiting.overtook = old.overtook + 1;
  --old.batch->left;
  old = std::move(waiting);
}

// If the outcome is a refusal; the report is done with in either case.
bool Intake::refuse(Waiting& waiting, state::ReportOutcome outcome) {
  --waiting.batch->left;
  const auto refusal = Reports::refusal(outcome);
  if (!refusal) return false;
  registry_.count_refused(domain_, waiting.report.source, refusal->first);
  waiting.batch->refused.push_back(Reports::refused(waiting.index, refusal->first, refusal->second));
  return true;
}

void Intake::pump() {
  while (!closed_ && writing_ < kMostWriting && !waiting_.empty()) {
    std::list<Waiting> some;
    std::set<std::string> slow;
    int64_t wait_ms = kMostAliveMs;
    const int64_t now = loop_.now_ms();
    for (auto it = waiting_.begin(); it != waiting_.end() && some.size() < kMostReports;) {
      const auto here = it++;
      const std::string& source = here->report.source;
      if (slow.contains(source)) continue;
      Rate& rate = registry_.rate(domain_, source);
      if (rate.take(1, now) == 0) {
        wait_ms = std::min(wait_ms, rate.wait_ms(kMostReports / 4));
        slow.insert(source);
        continue;
      }
      latest_.erase({here->report.expert, source});
      some.splice(some.end(), waiting_, here);
    }
    if (some.empty()) {
      if (timer_) return;
      timer_ = true;
      loop_.after(static_cast<uint64_t>(std::max(wait_ms, kLeastWaitMs)), [self = shared_from_this()] {
        self->timer_ = false;
        self->pump();
      });
      return;
    }
    ++writing_;
    spawn(write(std::move(some)));
  }
}

Task<void> Intake::write(std::list<Waiting> some) {
  const auto self = shared_from_this();
  std::vector<state::Report> reports;
  reports.reserve(some.size());
  for (const Waiting& one : some) reports.push_back(one.report);
  const auto outcomes = co_await reports_.write(domain_, std::move(reports));
  --writing_;
  if (!outcomes) {
    fail(outcomes.error());
    co_return;
  }
  size_t place = 0;
  for (Waiting& one : some) {
    if (!refuse(one, (*outcomes)[place++])) registry_.count_taken(domain_, one.report.source, one.overtook);
  }
  acknowledge();
  pump();
}

void Intake::acknowledge() {
  while (!closed_ && !batches_.empty() && batches_.front()->left == 0) {
    const auto batch = batches_.front();
    batches_.pop_front();
    std::sort(batch->refused.begin(), batch->refused.end(),
              [](const auto& a, const auto& b) { return a.index() < b.index(); });
    on_acknowledged_({.batch = batch->id, .refused = std::move(batch->refused)});
  }
}

void Intake::say_alive() {
  const int64_t now = loop_.now_ms();
  if (now - alive_told_ms_ < alive_every_ms_) return;
  alive_told_ms_ = now;
  spawn(tell_alive());
}

Task<void> Intake::tell_alive() {
  const auto self = shared_from_this();
  const auto told = co_await registry_.alive(domain_, hello_->source(), hello_->epoch());
  // A store that is away says nothing of the source.
  if (!told && told.error().reason == v1::ERROR_REASON_SOURCE_SUPERSEDED) fail(told.error());
}

void Intake::fail(const Error& error) {
  if (closed_) return;
  closed_ = true;
  on_error_(error);
}

}  // namespace expertline::presence
