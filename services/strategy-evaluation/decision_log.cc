#include "strategy-evaluation/decision_log.h"

#include <absl/strings/numbers.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "routing/random.h"
#include "strategy-evaluation/metrics.h"

namespace expertline::evaluation {
namespace {

constexpr uint64_t kFlushMs = 10;
constexpr int64_t kPageBytes = int64_t{200} * 1024;
constexpr int kReadAtOnce = 200;  // entries of the store, those in counts among them
constexpr uint64_t kSayEach = 1'000;

bool before(const Unpacked& a, const Unpacked& b) {
  return std::pair(a.record.moment().store_now_ms(), a.record.leg_version()) <
         std::pair(b.record.moment().store_now_ms(), b.record.leg_version());
}

}  // namespace

Result<double> read_share(std::string_view text) {
  if (text == "all") return 1.0;
  if (text == "none") return 0.0;
  double percent = 0;
  if (text.ends_with('%') && absl::SimpleAtod({text.data(), text.size() - 1}, &percent) && percent >= 0 &&
      percent <= 100) {
    return percent / 100;
  }
  return invalid_field("decision-records", "all, none, or a percentage such as 2.5%");
}

DecisionLog::DecisionLog(app::Loop& loop, redis::Client& client, std::string domain, RecordSettings settings,
                         Packer& packer)
    : loop_(loop), domain_(std::move(domain)), store_(client, domain_), settings_(settings), packer_(packer) {}

bool DecisionLog::in_full(uint64_t seed) const {
  constexpr uint64_t kSalt = 0x7265636F72647321;  // the draw of experts uses the same seed
  return std::ldexp(static_cast<double>(routing::mix(seed ^ kSalt) >> 11U), -53) < settings_.share;
}

void DecisionLog::add(std::string session, std::string leg, v1::DecisionRecord record) {
  if (!record.has_facts()) {
    decision_records.at({domain_, "counts"}).Increment();
    queue({.session = std::move(session), .leg = std::move(leg), .bytes = pack(record, Kept::kCounts)});
    return;
  }
  const bool full = packer_.pack(record, [this, session, leg](std::string bytes) {
    queue({.session = session, .leg = leg, .bytes = std::move(bytes)});
  });
  decision_records.at({domain_, full ? "full" : "counts"}).Increment();
  if (full) return;
  if (reduced_++ % kSayEach == 0) {
    spdlog::warn("{} decisions were kept in counts only: their records came faster than they are compressed", reduced_);
  }
  queue({.session = std::move(session), .leg = std::move(leg), .bytes = pack(counts_of(record), Kept::kCounts)});
}

void DecisionLog::queue(state::NewRecord packed) {
  packed_.push_back(std::move(packed));
  if (packed_.size() == state::RecordStore::kMostAtOnce) flush();
  if (flushing_ || packed_.empty()) return;
  flushing_ = true;
  loop_.after(kFlushMs, [this] {
    flushing_ = false;
    flush();
  });
}

void DecisionLog::flush() {
  if (!packed_.empty()) spawn(store(std::exchange(packed_, {})));
}

Task<void> DecisionLog::store(std::vector<state::NewRecord> packed) {
  const size_t count = packed.size();
  const auto done = co_await store_.append(std::move(packed), settings_.retention_ms);
  if (done) co_return;
  if (lost_ == 0 || lost_ / kSayEach != (lost_ + count) / kSayEach) {
    spdlog::warn("{} decisions were not kept: {}", lost_ + count, done.error().message);
  }
  lost_ += count;
}

Task<Result<std::vector<Unpacked>>> DecisionLog::of_leg(std::string session, std::string leg) {
  const auto stored = co_await store_.of_leg(std::move(session), std::move(leg));
  if (!stored) co_return stored.error();
  std::vector<Unpacked> all;
  for (const std::string& bytes : *stored) {
    if (auto unpacked = unpack(bytes)) all.push_back(std::move(*unpacked));
  }
  std::stable_sort(all.begin(), all.end(), before);
  co_return all;
}

Task<Result<DecisionLog::Page>> DecisionLog::page(std::string token, int most, std::string strategy) {
  Page page;
  page.next = std::move(token);
  int64_t bytes = 0;
  const auto stored = co_await store_.page(page.next, kReadAtOnce, kPageBytes);
  if (!stored) co_return stored.error();
  if (stored->empty()) page.next.clear();
  for (const state::StoredRecord& one : *stored) {
    if (kept_of(one.bytes) == Kept::kAll) {
      auto unpacked = unpack(one.bytes);
      if (unpacked && (strategy.empty() || unpacked->record.strategy() == strategy)) {
        bytes += static_cast<int64_t>(unpacked->record.ByteSizeLong());
        const bool enough = page.records.size() == static_cast<size_t>(most) || bytes > kPageBytes;
        if (enough && !page.records.empty()) break;
        page.records.push_back(std::move(unpacked->record));
      }
    }
    page.next = one.id;
  }
  co_return page;
}

}  // namespace expertline::evaluation
