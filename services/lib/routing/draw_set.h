// A set of experts with insert, erase and uniform draw in constant time, whose order depends on nothing but its
// members: two replicas that heard of the same experts in different order draw the same one from the same seed.
//
// It is a linear hash table. Member e lies in the bucket that the low bits of its hash name, buckets are sorted by
// hash, and there are max(1, n / 64) of them, so each insert splits at most one bucket and each erase joins at most
// two. A draw picks a bucket and a place in it, both uniform, and again if the place is empty: each member is one
// place, so each is equally likely. The places of a bucket are as many as the largest bucket has members.
#pragma once

#include <cstdint>
#include <vector>

#include "routing/random.h"

namespace expertline::routing {

class DrawSet {
 public:
  // Hash of each expert's id by his number. Two members of equal hash would keep the order in which they came; with a
  // million experts that is one chance in thirty million.
  using Hashes = std::vector<uint64_t>;

  size_t size() const { return size_; }

  // `expert` must not be in it.
  void insert(uint32_t expert, const Hashes& hashes);
  // `expert` must be in it.
  void erase(uint32_t expert, const Hashes& hashes);

  // Each member is equally likely. The set must not be empty.
  uint32_t draw(Engine& engine) const;

  // Calls visit(expert) in the set's order until it returns false. False if it did.
  template <typename Visit>
  bool for_each(Visit&& visit) const {
    for (const auto& bucket : buckets_) {
      for (const uint32_t expert : bucket) {
        if (!visit(expert)) return false;
      }
    }
    return true;
  }

 private:
  using Bucket = std::vector<uint32_t>;

  size_t bucket_of(uint64_t hash) const;
  void split(const Hashes& hashes);
  void join(const Hashes& hashes);
  void count_bucket(size_t bucket_size, int by);

  size_t size_ = 0;
  std::vector<Bucket> buckets_;
  std::vector<uint32_t> buckets_by_size_;  // [s]: buckets with s members; the last is not 0
};

}  // namespace expertline::routing
