// Memory for the values of an evaluation. What is made in it stays until reset() or the arena's end; nothing is freed
// singly and no destructor runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace expertline::cel {

// For one thread at a time. The first kilobytes lie in the arena itself, and reset() keeps the largest block, so one
// that is used again soon takes nothing from the heap.
class Arena {
 public:
  Arena() : next_(first_), end_(first_ + sizeof first_) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* allocate(size_t size, size_t alignment = alignof(std::max_align_t)) {
    std::byte* const at = next_ + (-reinterpret_cast<uintptr_t>(next_) & (alignment - 1));
    if (at > end_ || size > static_cast<size_t>(end_ - at)) return allocate_block(size);
    next_ = at + size;
    return at;
  }

  template <typename T, typename... Args>
  T* make(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>, "the arena runs no destructors");
    return new (allocate(sizeof(T), alignof(T))) T(std::forward<Args>(args)...);
  }

  // Room for `count` values of T, default-initialised.
  template <typename T>
  std::span<T> array(size_t count) {
    static_assert(std::is_trivially_destructible_v<T>, "the arena runs no destructors");
    constexpr size_t kSize = sizeof(T);  // NOLINT(bugprone-sizeof-expression): T may be a pointer
    T* const first = static_cast<T*>(allocate(count * kSize, alignof(T)));
    for (size_t i = 0; i < count; ++i) new (first + i) T;
    return {first, count};
  }

  // A copy that lives as long as the arena's content.
  std::string_view copy(std::string_view text);

  // Everything made so far is gone.
  void reset();

 private:
  void* allocate_block(size_t size);

  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    size_t size = 0;
  };

  alignas(std::max_align_t) std::byte first_[4096];
  std::byte* next_;
  std::byte* end_;
  std::vector<Block> blocks_;  // the last is the largest
};

}  // namespace expertline::cel
