#include "cel/arena.h"

#include <algorithm>
#include <cstring>

namespace expertline::cel {

std::string_view Arena::copy(std::string_view text) {
  if (text.empty()) return {};
  char* const at = static_cast<char*>(allocate(text.size(), 1));
  std::memcpy(at, text.data(), text.size());
  return {at, text.size()};
}

void* Arena::allocate_block(size_t size) {
  const size_t last = blocks_.empty() ? sizeof first_ : blocks_.back().size;
  const size_t block_size = std::max(size, last * 2);
  blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(block_size), block_size});
  std::byte* const at = blocks_.back().bytes.get();
  next_ = at + size;
  end_ = at + block_size;
  return at;
}

void Arena::reset() {
  if (blocks_.empty()) {
    next_ = first_;
    return;
  }
  if (blocks_.size() > 1) {
    blocks_.front() = std::move(blocks_.back());
    blocks_.resize(1);
  }
  next_ = blocks_.front().bytes.get();
  end_ = next_ + blocks_.front().size;
}

}  // namespace expertline::cel
