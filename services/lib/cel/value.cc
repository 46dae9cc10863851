#include "cel/value.h"

#include <absl/hash/hash.h>

#include <algorithm>

#include "cel/compare.h"
#include "cel/numbers.h"
#include "cel/program.h"

namespace expertline::cel {
namespace {

using Kind = Value::Kind;

// Grows no further than that, so that sums do not overflow.
constexpr uint64_t kGreatestWeight = uint64_t{1} << 62;
constexpr uint64_t kBytesPerUnit = 16;

uint64_t weight_of(Value value) {
  switch (value.kind()) {
    case Kind::kString:
    case Kind::kBytes:
      return 1 + value.as_string().size() / kBytesPerUnit;
    case Kind::kList:
      return 1 + value.as_list().weight();
    case Kind::kMap:
      return 1 + value.as_map().weight();
    default:
      return 1;
  }
}

uint64_t sum(uint64_t a, uint64_t b) { return std::min(kGreatestWeight, a + std::min(kGreatestWeight, b)); }

class ArrayList final : public List {
 public:
  explicit ArrayList(std::span<const Value> elements) : elements_(elements) {
    for (const Value element : elements) weight_ = sum(weight_, weight_of(element));
  }
  size_t size() const override { return elements_.size(); }
  Value at(size_t i, Arena&) const override { return elements_[i]; }
  uint64_t weight() const override { return weight_; }

 private:
  std::span<const Value> elements_;
  uint64_t weight_ = 0;
};

// The whole number as an int or uint; nothing if it is none, and so no key.
std::optional<Value> whole(double number) {
  if (number >= -0x1p63 && number < 0x1p63) {
    const auto integer = static_cast<int64_t>(number);
    if (static_cast<double>(integer) == number) return Value::integer(integer);
  } else if (number >= 0x1p63 && number < 0x1p64) {
    return Value::unsigned_integer(static_cast<uint64_t>(number));
  }
  return std::nullopt;
}

// Of int, uint, bool or string; an int and a uint of equal value hash alike.
size_t hash_of(Value key) {
  switch (key.kind()) {
    case Kind::kInt:
      return absl::HashOf(key.as_int());
    case Kind::kUint:
      return absl::HashOf(static_cast<int64_t>(key.as_uint()));
    case Kind::kBool:
      return key.as_bool() ? 1 : 2;
    default:
      return absl::HashOf(key.as_string());
  }
}

bool same_key(Value a, Value b) {
  if (is_number(a) && is_number(b)) return compare_numbers(a, b) == 0;
  if (a.kind() != b.kind()) return false;
  return a.kind() == Kind::kBool ? a.as_bool() == b.as_bool() : a.as_string() == b.as_string();
}

// Above this many entries there is a hash table of 2^n places, at most half of them taken, each with an entry's
// number + 1.
constexpr size_t kSearched = 8;

class ArrayMap final : public Map {
 public:
  using Entry = std::pair<Value, Value>;

  ArrayMap(std::span<const Entry> entries, std::span<const uint32_t> places) : entries_(entries), places_(places) {
    for (const auto& [key, value] : entries) weight_ = sum(weight_, weight_of(key) + weight_of(value));
  }

  size_t size() const override { return entries_.size(); }
  uint64_t weight() const override { return weight_; }
  Value key_at(size_t i, Arena&) const override { return entries_[i].first; }

  std::optional<Value> find(Value key, Arena&) const override {
    if (key.kind() == Kind::kDouble) {
      const auto same = whole(key.as_double());
      if (!same) return std::nullopt;
      key = *same;
    }
    if (!is_number(key) && key.kind() != Kind::kBool && key.kind() != Kind::kString) return std::nullopt;
    if (places_.empty()) {
      for (const auto& [known, value] : entries_) {
        if (same_key(known, key)) return value;
      }
      return std::nullopt;
    }
    const size_t mask = places_.size() - 1;
    for (size_t place = hash_of(key) & mask; places_[place] != 0; place = (place + 1) & mask) {
      const auto& [known, value] = entries_[places_[place] - 1];
      if (same_key(known, key)) return value;
    }
    return std::nullopt;
  }

 private:
  std::span<const Entry> entries_;
  std::span<const uint32_t> places_;
  uint64_t weight_ = 0;
};

}  // namespace

Value make_list(Arena& arena, std::span<const Value> elements) {
  const auto copied = arena.array<Value>(elements.size());
  std::copy(elements.begin(), elements.end(), copied.begin());
  return adopt_list(arena, copied);
}

Value adopt_list(Arena& arena, std::span<const Value> elements) { return Value::list(arena.make<ArrayList>(elements)); }

Value make_map(Arena& arena, std::span<const std::pair<Value, Value>> entries) {
  return *try_make_map(arena, entries, nullptr);
}

std::optional<Value> try_make_map(Arena& arena, std::span<const std::pair<Value, Value>> entries, Value* repeated) {
  const auto copied = arena.array<ArrayMap::Entry>(entries.size());
  std::copy(entries.begin(), entries.end(), copied.begin());
  if (entries.size() <= kSearched) {
    for (size_t i = 0; repeated && i < copied.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (!same_key(copied[i].first, copied[j].first)) continue;
        *repeated = copied[i].first;
        return std::nullopt;
      }
    }
    return Value::map(arena.make<ArrayMap>(copied, std::span<const uint32_t>()));
  }
  size_t room = 2 * kSearched;
  while (room < 2 * entries.size()) room *= 2;
  const auto places = arena.array<uint32_t>(room);
  std::fill(places.begin(), places.end(), 0);
  for (size_t i = 0; i < copied.size(); ++i) {
    size_t place = hash_of(copied[i].first) & (room - 1);
    for (; places[place] != 0; place = (place + 1) & (room - 1)) {
      if (!repeated || !same_key(copied[places[place] - 1].first, copied[i].first)) continue;
      *repeated = copied[i].first;
      return std::nullopt;
    }
    places[place] = static_cast<uint32_t>(i + 1);
  }
  return Value::map(arena.make<ArrayMap>(copied, places));
}

Value make_error(Arena& arena, EvalError::Code code, std::string_view message) {
  EvalError error;
  error.code = code;
  error.message = arena.copy(message);
  return Value::error(arena.make<EvalError>(error));
}

Value copy(Value value, Arena& arena) {
  switch (value.kind()) {
    case Kind::kString:
      return Value::string(arena.copy(value.as_string()));
    case Kind::kBytes:
      return Value::bytes(arena.copy(value.as_string()));
    case Kind::kType:
      return Value::type(arena.copy(value.as_string()));
    case Kind::kList: {
      const List& list = value.as_list();
      const auto elements = arena.array<Value>(list.size());
      for (size_t i = 0; i < elements.size(); ++i) elements[i] = copy(list.at(i, arena), arena);
      return adopt_list(arena, elements);
    }
    case Kind::kMap: {
      const Map& map = value.as_map();
      const auto entries = arena.array<ArrayMap::Entry>(map.size());
      for (size_t i = 0; i < entries.size(); ++i) {
        const Value key = map.key_at(i, arena);
        entries[i] = {copy(key, arena), copy(map.find(key, arena).value_or(Value()), arena)};
      }
      return make_map(arena, entries);
    }
    case Kind::kError: {
      EvalError error = value.as_error();
      error.message = arena.copy(error.message);
      return Value::error(arena.make<EvalError>(error));
    }
    default:
      return value;
  }
}

bool equal_within(Value a, Value b, Arena& arena, Budget& budget) {
  if (is_number(a) && is_number(b)) return compare_numbers(a, b) == 0;
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kNull:
      return true;
    case Kind::kBool:
      return a.as_bool() == b.as_bool();
    case Kind::kString:
    case Kind::kBytes:
    case Kind::kType: {
      const std::string_view x = a.as_string();
      const std::string_view y = b.as_string();
      return x.size() == y.size() && (x.size() < 16 || budget.spend(x.size() / 16)) && x == y;
    }
    case Kind::kTimestamp:
      return a.as_timestamp() == b.as_timestamp();
    case Kind::kDuration:
      return a.as_duration() == b.as_duration();
    case Kind::kList: {
      const List& x = a.as_list();
      const List& y = b.as_list();
      if (x.size() != y.size()) return false;
      for (size_t i = 0; i < x.size(); ++i) {
        if (!budget.spend(1) || !equal_within(x.at(i, arena), y.at(i, arena), arena, budget)) return false;
      }
      return true;
    }
    case Kind::kMap: {
      const Map& x = a.as_map();
      const Map& y = b.as_map();
      if (x.size() != y.size()) return false;
      for (size_t i = 0; i < x.size(); ++i) {
        if (!budget.spend(1)) return false;
        const Value key = x.key_at(i, arena);
        const auto mine = x.find(key, arena);
        const auto other = y.find(key, arena);
        if (!mine || !other || !equal_within(*mine, *other, arena, budget)) return false;
      }
      return true;
    }
    default:
      return false;
  }
}

bool equal(Value a, Value b, Arena& arena) {
  Budget unlimited{.left = UINT64_MAX};
  return equal_within(a, b, arena, unlimited);
}

std::string_view type_name(Value value) {
  switch (value.kind()) {
    case Kind::kNull:
      return name_of(TypeKind::kNull);
    case Kind::kBool:
      return name_of(TypeKind::kBool);
    case Kind::kInt:
      return name_of(TypeKind::kInt);
    case Kind::kUint:
      return name_of(TypeKind::kUint);
    case Kind::kDouble:
      return name_of(TypeKind::kDouble);
    case Kind::kString:
      return name_of(TypeKind::kString);
    case Kind::kBytes:
      return name_of(TypeKind::kBytes);
    case Kind::kTimestamp:
      return name_of(TypeKind::kTimestamp);
    case Kind::kDuration:
      return name_of(TypeKind::kDuration);
    case Kind::kList:
      return name_of(TypeKind::kList);
    case Kind::kMap:
      return name_of(TypeKind::kMap);
    case Kind::kType:
      return name_of(TypeKind::kType);
    case Kind::kError:
      return "error";
  }
  return "dyn";
}

}  // namespace expertline::cel
