// What the snapshot knows of one expert, packed: numbers here, lists and texts in one block behind them. With three
// skills, two attributes and two media about 200 bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "expertline/v1/presence.pb.h"
#include "routing/guard.h"
#include "routing/reason.h"
#include "routing/words.h"

namespace expertline::routing {

// What the numbers in rows stand for.
struct Vocabulary {
  WordTable media;
  WordTable skills;
  WordTable groups;
  WordTable words;  // sites, languages, keys of attributes; 0 is the empty word
  GuardTable guards;

  Vocabulary() { words.intern(""); }
};

// A skill at a level (skill * 8 + level), or a group (kGroupBit + group).
using Trait = uint32_t;
inline constexpr Trait kGroupBit = 1U << 31U;

// How much of one medium of an expert is in use.
struct Load {
  uint16_t medium = 0;
  uint16_t used = 0;
  uint16_t capacity = 0;
  uint16_t wrapping_up = 0;  // of `used`
  bool routable = false;     // presence allows it
  Reason status = Reason::kNoMedium;

  bool operator==(const Load&) const = default;
};

// A part of the row's texts.
struct TextPart {
  uint32_t offset = 0;
  uint32_t length = 0;
};

struct Attribute {
  enum class Type : uint32_t { kText, kNumber, kDecimal, kFlag };

  uint32_t key = 0;  // a word
  Type type = Type::kText;
  std::array<uint32_t, 2> bits{};  // of the value; of a text its TextPart

  template <typename T>
  T as() const {
    static_assert(sizeof(T) <= sizeof bits);
    T value;
    std::memcpy(static_cast<void*>(&value), bits.data(), sizeof value);
    return value;
  }
};

struct DirectoryNumber {
  uint32_t medium = 0;
  TextPart text;
};

// States as a set of bits, by number.
using StateSet = uint32_t;
inline StateSet state_bit(v1::PresenceState state) { return StateSet{1} << static_cast<unsigned>(state); }

// As strategies write it: online, busy, away, on_the_phone, appear_offline, offline.
const char* state_name(v1::PresenceState state);

class Row {
 public:
  Row() = default;
  // `record` must not be a removal.
  Row(const v1::ExpertRecord& record, Vocabulary& vocabulary);

  int64_t revision() const { return revision_; }
  int64_t idle_since_ms() const { return idle_since_ms_; }  // 0 if he never held anything
  uint32_t site() const { return site_; }                   // a word
  uint32_t guard() const { return guard_; }
  v1::PresenceState state() const { return static_cast<v1::PresenceState>(state_); }
  v1::Block block() const { return static_cast<v1::Block>(guard_block_); }
  bool retired() const { return retired_; }
  bool do_not_disturb() const { return do_not_disturb_; }
  bool has_desk() const { return has_desk_; }
  int32_t today() const { return today_; }                      // the day of the next two, in his zone
  uint32_t offers_today() const { return offers_today_; }       // on that day
  int64_t worked_today_ms() const { return worked_today_ms_; }  // on that day

  std::string_view display_name() const { return {text(), name_size_}; }
  std::string_view note() const { return {text() + name_size_, note_size_}; }
  std::string_view text(TextPart part) const { return {text() + part.offset, part.length}; }

  std::span<const Trait> traits() const { return section<Trait>(0, traits_); }                            // sorted
  std::span<const uint32_t> languages() const { return section<uint32_t>(end_of_traits(), languages_); }  // words
  // Media in the order in which he likes them, as numbers of `media`; may have some he cannot take.
  std::span<const uint32_t> media_order() const { return section<uint32_t>(end_of_languages(), media_order_); }
  std::span<const Attribute> attributes() const { return section<Attribute>(end_of_order(), attributes_); }  // by key
  std::span<const DirectoryNumber> dns() const { return section<DirectoryNumber>(end_of_attributes(), dns_); }
  std::span<const Load> loads() const { return section<Load>(end_of_dns(), loads_); }  // by medium; capacity over 0

  // His load of a medium; null if he cannot take it.
  const Load* load(uint32_t medium) const;
  // His level, 0 if he has not the skill.
  int level(uint32_t skill) const;
  bool in_group(uint32_t group) const;
  bool holds_anything() const;

  // His status for a medium of his, with the state asked for in the place of what presence allows, if `states` is not
  // empty: Reason::kStates if it is none of them.
  Reason status(const Load& load, StateSet states) const;

  // The record again, without name, addresses and what is the directory's only.
  v1::ExpertRecord record(const Vocabulary& vocabulary) const;

 private:
  // Offsets in the block, in bytes.
  size_t end_of_text() const { return text_size_; }
  size_t end_of_traits() const { return traits_ * sizeof(Trait); }
  size_t end_of_languages() const { return end_of_traits() + languages_ * sizeof(uint32_t); }
  size_t end_of_order() const { return end_of_languages() + media_order_ * sizeof(uint32_t); }
  size_t end_of_attributes() const { return end_of_order() + attributes_ * sizeof(Attribute); }
  size_t end_of_dns() const { return end_of_attributes() + dns_ * sizeof(DirectoryNumber); }

  const char* text() const { return reinterpret_cast<const char*>(block_.get()); }
  template <typename T>
  std::span<const T> section(size_t offset, size_t count) const {
    return {reinterpret_cast<const T*>(block_.get() + end_of_text() + offset), count};
  }

  std::unique_ptr<std::byte[]> block_;
  int64_t revision_ = 0;
  int64_t idle_since_ms_ = 0;
  int64_t worked_today_ms_ = 0;
  uint32_t site_ = 0;
  uint32_t guard_ = 0;
  uint32_t offers_today_ = 0;
  int32_t today_ = 0;
  uint32_t text_size_ = 0;  // a multiple of the sections' alignment
  uint16_t name_size_ = 0;
  uint16_t note_size_ = 0;
  uint16_t traits_ = 0;
  uint16_t languages_ = 0;
  uint8_t media_order_ = 0;
  uint8_t attributes_ = 0;
  uint8_t dns_ = 0;
  uint8_t loads_ = 0;
  uint8_t state_ : 3 = 0;
  uint8_t guard_block_ : 3 = 0;
  bool retired_ : 1 = false;
  bool do_not_disturb_ : 1 = false;
  bool has_desk_ : 1 = false;
};

}  // namespace expertline::routing
