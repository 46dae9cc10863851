// Values of the expression language.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "cel/arena.h"
#include "cel/type.h"

namespace expertline::cel {

class List;
class Map;
struct EvalError;

// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z. `nanos` counts forwards: 0 to 999,999,999.
struct Timestamp {
  int64_t seconds = 0;  // since 1970-01-01T00:00:00Z
  int32_t nanos = 0;

  auto operator<=>(const Timestamp&) const = default;
};

// `nanos` counts forwards: -0.5 s is {-1, 500,000,000}. In an expression never longer than 64 bits of nanoseconds.
struct Duration {
  int64_t seconds = 0;
  int32_t nanos = 0;  // 0 to 999,999,999

  auto operator<=>(const Duration&) const = default;
};

// 16 bytes, to be passed by value. It owns nothing: a string, list, map or error belongs to whoever made it (the
// caller's data, a Program's constants, an Arena) and must outlive the value.
class Value {
 public:
  enum class Kind : uint8_t {
    kNull,
    kBool,
    kInt,
    kUint,
    kDouble,
    kString,  // UTF-8
    kBytes,
    kTimestamp,
    kDuration,
    kList,
    kMap,
    kType,   // known by its name
    kError,  // no value; see error()
  };

  Value() = default;  // null
  static Value null() { return {}; }
  static Value boolean(bool v) { return Value(Kind::kBool, {.integer = v}); }
  static Value integer(int64_t v) { return Value(Kind::kInt, {.integer = v}); }
  static Value unsigned_integer(uint64_t v) { return Value(Kind::kUint, {.unsigned_integer = v}); }
  static Value number(double v) { return Value(Kind::kDouble, {.number = v}); }
  // Texts of at most 4 GiB.
  static Value string(std::string_view v) { return Value(Kind::kString, v); }
  static Value bytes(std::string_view v) { return Value(Kind::kBytes, v); }
  static Value timestamp(Timestamp v) { return Value(Kind::kTimestamp, {.integer = v.seconds}, v.nanos); }
  static Value duration(Duration v) { return Value(Kind::kDuration, {.integer = v.seconds}, v.nanos); }
  static Value list(const List* v) { return Value(Kind::kList, {.list = v}); }
  static Value map(const Map* v) { return Value(Kind::kMap, {.map = v}); }
  static Value type(std::string_view name) { return Value(Kind::kType, name); }
  static Value error(const EvalError* v) { return Value(Kind::kError, {.error = v}); }

  Kind kind() const { return kind_; }
  bool is_error() const { return kind_ == Kind::kError; }
  bool is_true() const { return kind_ == Kind::kBool && payload_.integer != 0; }
  bool is_false() const { return kind_ == Kind::kBool && payload_.integer == 0; }

  // Each only of its own kind.
  bool as_bool() const { return payload_.integer != 0; }
  int64_t as_int() const { return payload_.integer; }
  uint64_t as_uint() const { return payload_.unsigned_integer; }
  double as_double() const { return payload_.number; }
  std::string_view as_string() const { return {payload_.text, static_cast<uint32_t>(extra_)}; }  // kBytes, kType too
  Timestamp as_timestamp() const { return {payload_.integer, extra_}; }
  Duration as_duration() const { return {payload_.integer, extra_}; }
  const List& as_list() const { return *payload_.list; }
  const Map& as_map() const { return *payload_.map; }
  const EvalError& as_error() const { return *payload_.error; }

 private:
  union Payload {
    int64_t integer;
    uint64_t unsigned_integer;
    double number;
    const char* text;
    const List* list;
    const Map* map;
    const EvalError* error;
  };

  Value(Kind kind, Payload payload, int32_t extra = 0) : kind_(kind), extra_(extra), payload_(payload) {}
  Value(Kind kind, std::string_view text)
      : kind_(kind), extra_(static_cast<int32_t>(text.size())), payload_{.text = text.data()} {}

  Kind kind_ = Kind::kNull;
  int32_t extra_ = 0;  // nanos, or the bits of a text's length
  Payload payload_{};
};
static_assert(sizeof(Value) == 16);

// A list, which may be a view of the caller's own data; it must not change while it is in use.
class List {
 public:
  virtual size_t size() const = 0;
  // i < size(). What has to be made for it is made in `arena`.
  virtual Value at(size_t i, Arena& arena) const = 0;
  // Values in it, those in its lists and maps too: what it costs to make it, and bounds the work of who walks over it.
  virtual uint64_t weight() const { return size(); }

 protected:
  ~List() = default;
};

// A map, which may be a view of the caller's own data; it must not change while it is in use. Keys are bool, int, uint
// or string; keys that are equal as values (`1` and `1u`) are one key.
class Map {
 public:
  virtual size_t size() const = 0;
  // The value at a key that equals `key` by equal(): looked up with 1u or 1.0 an entry of 1 is found.
  virtual std::optional<Value> find(Value key, Arena& arena) const = 0;
  // i < size(); the order is the map's own.
  virtual Value key_at(size_t i, Arena& arena) const = 0;
  virtual uint64_t weight() const { return size(); }  // as of a list

 protected:
  ~Map() = default;
};

// Why there is no value.
struct EvalError {
  enum class Code {
    kMissing,      // an absent variable was read: `variable`
    kNoSuchField,  // a key that the map does not have
    kNoOverload,   // an operator or function met kinds that it is not defined for
    kBadValue,     // overflow, division by zero, index out of range, no conversion
    kBudget,       // the budget was used up; never absorbed
    kOther,        // of the caller's functions
  };

  Code code = Code::kOther;
  std::string_view message;
  size_t offset = 0;    // in the text: of the part that failed
  uint32_t length = 0;  // of that part
  size_t variable = 0;  // kMissing
};

// Lists and maps of values at hand. The elements are copied; texts, lists and maps in them are not.
Value make_list(Arena& arena, std::span<const Value> elements);
// The keys must be of the kinds above and not repeat.
Value make_map(Arena& arena, std::span<const std::pair<Value, Value>> entries);
Value make_error(Arena& arena, EvalError::Code code, std::string_view message);  // the message is copied
// A copy that depends on `arena` only.
Value copy(Value value, Arena& arena);

// `==` of the language: across numeric kinds by value, lists and maps by content, NaN equals nothing, other kinds are
// unequal. Neither may be an error.
bool equal(Value a, Value b, Arena& arena);

// A `type` value is known by its name only, so the type of [1] is `list`.
std::string_view type_name(Value value);

// As an expression would write it: `[1, 2u, "a", duration("3s")]`. For people; deep or long values are cut with `...`.
std::string to_text(Value value);

}  // namespace expertline::cel
