#include "routing/draw_set.h"

#include <algorithm>
#include <bit>

namespace expertline::routing {
namespace {
// Large ones: of a draw's places the more are taken, the less the fill of buckets differs.
constexpr size_t kMeanBucket = 64;
}  // namespace

size_t DrawSet::bucket_of(uint64_t hash) const {
  const size_t low = std::bit_floor(buckets_.size());
  const size_t bucket = hash & (2 * low - 1);
  return bucket < buckets_.size() ? bucket : hash & (low - 1);
}

void DrawSet::count_bucket(size_t bucket_size, int by) {
  if (bucket_size >= buckets_by_size_.size()) buckets_by_size_.resize(bucket_size + 1);
  buckets_by_size_[bucket_size] += static_cast<uint32_t>(by);
  while (!buckets_by_size_.empty() && buckets_by_size_.back() == 0) buckets_by_size_.pop_back();
}

void DrawSet::insert(uint32_t expert, const Hashes& hashes) {
  if (buckets_.empty()) {
    buckets_.emplace_back();
    count_bucket(0, 1);
  }
  Bucket& bucket = buckets_[bucket_of(hashes[expert])];
  count_bucket(bucket.size() + 1, 1);
  count_bucket(bucket.size(), -1);
  const auto place = std::upper_bound(bucket.begin(), bucket.end(), hashes[expert],
                                      [&](uint64_t hash, uint32_t other) { return hash < hashes[other]; });
  bucket.insert(place, expert);
  ++size_;
  if (size_ / kMeanBucket > buckets_.size()) split(hashes);
}

void DrawSet::erase(uint32_t expert, const Hashes& hashes) {
  Bucket& bucket = buckets_[bucket_of(hashes[expert])];
  bucket.erase(std::find(bucket.begin(), bucket.end(), expert));
  count_bucket(bucket.size(), 1);
  count_bucket(bucket.size() + 1, -1);
  --size_;
  if (buckets_.size() > 1 && size_ / kMeanBucket < buckets_.size()) join(hashes);
}

void DrawSet::split(const Hashes& hashes) {
  const size_t low = std::bit_floor(buckets_.size());
  const size_t from = buckets_.size() - low;
  const size_t old_size = buckets_[from].size();
  Bucket stays;
  Bucket moves;
  for (const uint32_t expert : buckets_[from]) {
    ((hashes[expert] & (2 * low - 1)) == from ? stays : moves).push_back(expert);
  }
  count_bucket(stays.size(), 1);
  count_bucket(moves.size(), 1);
  count_bucket(old_size, -1);
  buckets_[from] = std::move(stays);
  buckets_.push_back(std::move(moves));
}

void DrawSet::join(const Hashes& hashes) {
  const Bucket last = std::move(buckets_.back());
  buckets_.pop_back();
  Bucket& into = buckets_[buckets_.size() - std::bit_floor(buckets_.size())];
  Bucket joined;
  std::merge(into.begin(), into.end(), last.begin(), last.end(), std::back_inserter(joined),
             [&](uint32_t a, uint32_t b) { return hashes[a] < hashes[b]; });
  count_bucket(joined.size(), 1);
  count_bucket(into.size(), -1);
  count_bucket(last.size(), -1);
  into = std::move(joined);
}

uint32_t DrawSet::draw(Engine& engine) const {
  const size_t places = buckets_by_size_.size() - 1;
  for (;;) {
    const uint64_t at = draw_below(engine, buckets_.size() * places);
    const Bucket& bucket = buckets_[at / places];
    if (at % places < bucket.size()) return bucket[at % places];
  }
}

}  // namespace expertline::routing
