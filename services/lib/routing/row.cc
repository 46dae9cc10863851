#include "routing/row.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

namespace expertline::routing {
namespace {

constexpr int kHighestLevel = 5;

template <typename Small, typename Number>
Small clamped(Number number) {
  return static_cast<Small>(std::clamp<int64_t>(number, 0, std::numeric_limits<Small>::max()));
}

// The texts of a row, one after the other.
class Texts {
 public:
  TextPart add(std::string_view text) {
    const TextPart part{.offset = static_cast<uint32_t>(text_.size()), .length = static_cast<uint32_t>(text.size())};
    text_ += text;
    return part;
  }
  std::string& all() { return text_; }

 private:
  std::string text_;
};

Reason presence_reason(v1::PresenceState state) {
  switch (state) {
    case v1::PRESENCE_STATE_OFFLINE:
      return Reason::kOffline;
    case v1::PRESENCE_STATE_AWAY:
      return Reason::kAway;
    case v1::PRESENCE_STATE_BUSY:
      return Reason::kBusy;
    case v1::PRESENCE_STATE_ON_THE_PHONE:
      return Reason::kOnThePhone;
    case v1::PRESENCE_STATE_APPEAR_OFFLINE:
      return Reason::kAppearOffline;
    default:
      return Reason::kNotRoutable;
  }
}

Reason block_reason(v1::Block block) {
  switch (block) {
    case v1::BLOCK_OFF_HOURS:
      return Reason::kOffHours;
    case v1::BLOCK_COOL_DOWN:
      return Reason::kCoolDown;
    case v1::BLOCK_PAUSED:
      return Reason::kPaused;
    case v1::BLOCK_HOUR_LIMIT:
      return Reason::kHourLimit;
    case v1::BLOCK_DAY_LIMIT:
      return Reason::kDayLimit;
    default:
      return Reason::kReady;
  }
}

std::vector<Trait> traits_of(const v1::Expert& expert, Vocabulary& vocabulary) {
  std::vector<Trait> traits;
  for (const auto& [skill, level] : expert.skills()) {
    if (level < 1) continue;
    traits.push_back(vocabulary.skills.intern(skill) * 8 + static_cast<uint32_t>(std::min(level, kHighestLevel)));
  }
  for (const std::string& group : expert.groups()) traits.push_back(kGroupBit + vocabulary.groups.intern(group));
  std::sort(traits.begin(), traits.end());
  traits.erase(std::unique(traits.begin(), traits.end()), traits.end());
  return traits;
}

Attribute attribute_of(uint32_t key, const v1::AttributeValue& value, Texts& texts) {
  Attribute attribute{.key = key};
  const auto set = [&](Attribute::Type type, const auto& bits) {
    attribute.type = type;
    std::memcpy(attribute.bits.data(), &bits, sizeof bits);
  };
  switch (value.kind_case()) {
    case v1::AttributeValue::kNumber:
      set(Attribute::Type::kNumber, value.number());
      break;
    case v1::AttributeValue::kDecimal:
      set(Attribute::Type::kDecimal, value.decimal());
      break;
    case v1::AttributeValue::kFlag:
      set(Attribute::Type::kFlag, value.flag());
      break;
    default:
      set(Attribute::Type::kText, texts.add(value.text()));
      break;
  }
  return attribute;
}

std::vector<Attribute> attributes_of(const v1::Expert& expert, Vocabulary& vocabulary, Texts& texts) {
  std::vector<Attribute> attributes;
  for (const auto& [key, value] : expert.attributes()) {
    attributes.push_back(attribute_of(vocabulary.words.intern(key), value, texts));
  }
  std::sort(attributes.begin(), attributes.end(), [](const Attribute& a, const Attribute& b) { return a.key < b.key; });
  return attributes;
}

std::vector<Load> loads_of(const v1::ExpertRecord& record, Vocabulary& vocabulary) {
  std::vector<Load> loads;
  for (const v1::MediumStatus& medium : record.media()) {
    if (medium.capacity() <= 0) continue;
    const auto number = clamped<uint16_t>(vocabulary.media.intern(medium.medium()));
    const bool twice = std::any_of(loads.begin(), loads.end(), [&](const Load& one) { return one.medium == number; });
    if (twice) continue;
    loads.push_back({.medium = number,
                     .used = clamped<uint16_t>(medium.used()),
                     .capacity = clamped<uint16_t>(medium.capacity()),
                     .wrapping_up = clamped<uint16_t>(medium.wrapping_up()),
                     .routable = medium.routable()});
  }
  std::sort(loads.begin(), loads.end(), [](const Load& a, const Load& b) { return a.medium < b.medium; });
  return loads;
}

}  // namespace

const char* state_name(v1::PresenceState state) {
  switch (state) {
    case v1::PRESENCE_STATE_ONLINE:
      return "online";
    case v1::PRESENCE_STATE_BUSY:
      return "busy";
    case v1::PRESENCE_STATE_AWAY:
      return "away";
    case v1::PRESENCE_STATE_ON_THE_PHONE:
      return "on_the_phone";
    case v1::PRESENCE_STATE_APPEAR_OFFLINE:
      return "appear_offline";
    default:
      return "offline";
  }
}

Row::Row(const v1::ExpertRecord& record, Vocabulary& vocabulary)
    : revision_(record.revision()),
      idle_since_ms_(record.idle_since_ms()),
      worked_today_ms_(record.worked_today_ms()),
      site_(vocabulary.words.intern(record.expert().site())),
      guard_(vocabulary.guards.intern(record.expert().guard_rails())),
      offers_today_(clamped<uint32_t>(record.offers_today())),
      today_(record.today()),
      state_(static_cast<uint8_t>(record.state()) & 7U),
      guard_block_(static_cast<uint8_t>(record.block()) & 7U),
      retired_(record.expert().state() == v1::EXPERT_STATE_RETIRED),
      do_not_disturb_(record.do_not_disturb()),
      has_desk_(record.has_desk()) {
  const v1::Expert& expert = record.expert();
  Texts texts;
  name_size_ = clamped<uint16_t>(texts.add(std::string_view(expert.display_name()).substr(0, 65'535)).length);
  note_size_ = clamped<uint16_t>(texts.add(std::string_view(record.note()).substr(0, 65'535)).length);
  const std::vector<Trait> traits = traits_of(expert, vocabulary);
  std::vector<uint32_t> languages;
  for (const std::string& language : expert.languages()) languages.push_back(vocabulary.words.intern(language));
  std::vector<uint32_t> order;
  for (const std::string& medium : expert.media_order()) order.push_back(vocabulary.media.intern(medium));
  const std::vector<Attribute> attributes = attributes_of(expert, vocabulary, texts);
  std::vector<DirectoryNumber> dns;
  for (const auto& [medium, number] : expert.dns()) {
    dns.push_back({.medium = vocabulary.media.intern(medium), .text = texts.add(number)});
  }
  std::sort(dns.begin(), dns.end(),
            [](const DirectoryNumber& a, const DirectoryNumber& b) { return a.medium < b.medium; });
  std::vector<Load> loads = loads_of(record, vocabulary);
  for (Load& load : loads) load.status = status(load, {});

  traits_ = clamped<uint16_t>(traits.size());
  languages_ = clamped<uint16_t>(languages.size());
  media_order_ = clamped<uint8_t>(order.size());
  attributes_ = clamped<uint8_t>(attributes.size());
  dns_ = clamped<uint8_t>(dns.size());
  loads_ = clamped<uint8_t>(loads.size());
  constexpr size_t kAlignment = alignof(uint32_t);
  texts.all().resize((texts.all().size() + kAlignment - 1) / kAlignment * kAlignment);
  text_size_ = static_cast<uint32_t>(texts.all().size());

  block_ = std::make_unique_for_overwrite<std::byte[]>(end_of_text() + end_of_dns() + loads_ * sizeof(Load));
  std::byte* at = block_.get();
  const auto put = [&](const void* from, size_t bytes) {
    if (bytes != 0) std::memcpy(at, from, bytes);
    at += bytes;
  };
  put(texts.all().data(), text_size_);
  put(traits.data(), traits_ * sizeof(Trait));
  put(languages.data(), languages_ * sizeof(uint32_t));
  put(order.data(), media_order_ * sizeof(uint32_t));
  put(attributes.data(), attributes_ * sizeof(Attribute));
  put(dns.data(), dns_ * sizeof(DirectoryNumber));
  put(loads.data(), loads_ * sizeof(Load));
}

const Load* Row::load(uint32_t medium) const {
  for (const Load& load : loads()) {
    if (load.medium == medium) return &load;
  }
  return nullptr;
}

int Row::level(uint32_t skill) const {
  for (const Trait trait : traits()) {
    if (trait / 8 == skill && trait < kGroupBit) return static_cast<int>(trait % 8);
  }
  return 0;
}

bool Row::in_group(uint32_t group) const {
  const auto all = traits();
  return std::binary_search(all.begin(), all.end(), kGroupBit + group);
}

bool Row::holds_anything() const {
  const auto all = loads();
  return std::any_of(all.begin(), all.end(), [](const Load& load) { return load.used > 0; });
}

Reason Row::status(const Load& load, StateSet states) const {
  if (retired_) return Reason::kRetired;
  if (do_not_disturb_) return Reason::kDoNotDisturb;
  if (states != 0 && (states & state_bit(state())) == 0) return Reason::kStates;
  if (states == 0 && !load.routable) return presence_reason(state());
  if (const Reason blocked = block_reason(block()); blocked != Reason::kReady) return blocked;
  if (!has_desk_) return Reason::kNoDesk;
  if (load.used < load.capacity) return Reason::kReady;
  return load.used - std::min(load.used, load.wrapping_up) < load.capacity ? Reason::kWrapUp : Reason::kAtCapacity;
}

v1::ExpertRecord Row::record(const Vocabulary& vocabulary) const {
  v1::ExpertRecord out;
  v1::Expert& expert = *out.mutable_expert();
  expert.set_display_name(std::string(display_name()));
  expert.set_site(vocabulary.words.word(site_));
  for (const uint32_t language : languages()) expert.add_languages(vocabulary.words.word(language));
  for (const Trait trait : traits()) {
    if (trait < kGroupBit) {
      (*expert.mutable_skills())[vocabulary.skills.word(trait / 8)] = static_cast<int32_t>(trait % 8);
    } else {
      expert.add_groups(vocabulary.groups.word(trait - kGroupBit));
    }
  }
  for (const Attribute& attribute : attributes()) {
    v1::AttributeValue& value = (*expert.mutable_attributes())[vocabulary.words.word(attribute.key)];
    switch (attribute.type) {
      case Attribute::Type::kText:
        value.set_text(std::string(text(attribute.as<TextPart>())));
        break;
      case Attribute::Type::kNumber:
        value.set_number(attribute.as<int64_t>());
        break;
      case Attribute::Type::kDecimal:
        value.set_decimal(attribute.as<double>());
        break;
      case Attribute::Type::kFlag:
        value.set_flag(attribute.as<bool>());
        break;
    }
  }
  for (const DirectoryNumber& number : dns()) {
    (*expert.mutable_dns())[vocabulary.media.word(number.medium)] = std::string(text(number.text));
  }
  for (const uint32_t medium : media_order()) expert.add_media_order(vocabulary.media.word(medium));
  expert.set_state(retired_ ? v1::EXPERT_STATE_RETIRED : v1::EXPERT_STATE_ACTIVE);
  if (guard_ != 0) *expert.mutable_guard_rails() = vocabulary.guards.guard(guard_).rails;
  out.set_state(state());
  out.set_do_not_disturb(do_not_disturb_);
  for (const Load& load : loads()) {
    v1::MediumStatus& medium = *out.add_media();
    medium.set_medium(vocabulary.media.word(load.medium));
    medium.set_routable(load.routable);
    medium.set_capacity(load.capacity);
    medium.set_used(load.used);
    medium.set_wrapping_up(load.wrapping_up);
  }
  out.set_has_desk(has_desk_);
  out.set_idle_since_ms(idle_since_ms_);
  out.set_revision(revision_);
  out.set_block(block());
  out.set_offers_today(static_cast<int32_t>(offers_today_));
  out.set_worked_today_ms(worked_today_ms_);
  out.set_today(today_);
  out.set_note(std::string(note()));
  return out;
}

}  // namespace expertline::routing
