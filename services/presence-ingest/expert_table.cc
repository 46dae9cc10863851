#include "presence-ingest/expert_table.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "base/names.h"

namespace expertline::presence {
namespace {

using google::protobuf::io::CodedOutputStream;

// Fields of length-delimited type, as the wire has them: the number, then 2.
constexpr char kRecordsTag = v1::WatchReadModelResponse::kRecordsFieldNumber << 3 | 2;
constexpr char kExpertTag = v1::ExpertRecord::kExpertFieldNumber << 3 | 2;

void append_field(std::string& bytes, char tag, size_t size) {
  bytes += tag;
  uint8_t varint[5];
  const uint8_t* end = CodedOutputStream::WriteVarint32ToArray(static_cast<uint32_t>(size), varint);
  bytes.append(reinterpret_cast<const char*>(varint), static_cast<size_t>(end - varint));
}

bool holds_voice(const state::ExpertState& state) {
  return std::any_of(state.media.begin(), state.media.end(), [](const v1::MediumStatus& medium) {
    return medium.medium() == "voice" && medium.used() > medium.wrapping_up();
  });
}

// What presence says beside the directory, without `expert`.
v1::ExpertRecord beside_directory(const state::ExpertState& from) {
  v1::ExpertRecord record;
  record.set_state(from.state);
  record.set_do_not_disturb(from.do_not_disturb);
  for (const v1::MediumStatus& medium : from.media) *record.add_media() = medium;
  record.set_has_desk(from.has_desk);
  record.set_idle_since_ms(from.idle_since_ms);
  record.set_block(from.block);
  record.set_offers_today(from.offers_today);
  record.set_worked_today_ms(from.worked_today_ms);
  record.set_today(from.today);
  record.set_note(from.note);
  record.set_revision(from.revision);
  if (from.since_ms != 0) {
    *record.mutable_since() = google::protobuf::util::TimeUtil::MillisecondsToTimestamp(from.since_ms);
  }
  return record;
}

}  // namespace

ExpertTable::ExpertTable(std::string domain, size_t experts)
    : domain_(std::move(domain)), index_(experts, Hash{this}, Equal{this}) {}

std::optional<ExpertTable::Slot> ExpertTable::find(std::string_view id) const {
  const auto found = index_.find(id);
  if (found == index_.end()) return std::nullopt;
  return *found;
}

ExpertTable::Slot ExpertTable::add(std::string_view id) {
  Slot slot = slots();
  if (free_.empty()) {
    entries_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  entries_[slot].id = id;
  ++by_state_[entries_[slot].state];
  index_.insert(slot);
  return slot;
}

void ExpertTable::remove(Slot slot) {
  in_our_call_.erase(entries_[slot].id);
  --by_state_[entries_[slot].state];
  index_.erase(slot);
  entries_[slot] = Entry();
  free_.push_back(slot);
}

void ExpertTable::set_directory(Slot slot, const v1::Expert& directory) {
  v1::Expert expert = directory;
  expert.set_name(expert_name(domain_, entries_[slot].id));
  expert.clear_state();  // presence says it
  Entry& entry = entries_[slot];
  entry.directory_revision = directory.revision();
  const std::string rest = entry.bytes.substr(entry.directory_size);
  const size_t size = expert.ByteSizeLong();
  std::string bytes;
  bytes.reserve(size + rest.size());
  expert.AppendToString(&bytes);
  bytes += rest;
  entry.bytes.swap(bytes);
  entry.expert_size = static_cast<uint32_t>(size) + (entry.expert_size - entry.directory_size);
  entry.directory_size = static_cast<uint32_t>(size);
}

void ExpertTable::set_state(Slot slot, const state::ExpertState& state) {
  Entry& entry = entries_[slot];
  --by_state_[entry.state];
  entry.state = v1::PresenceState_IsValid(state.state) ? static_cast<uint8_t>(state.state) : 0;
  ++by_state_[entry.state];
  v1::Expert expert;
  expert.set_state(state.active ? v1::EXPERT_STATE_ACTIVE : v1::EXPERT_STATE_RETIRED);
  if (!state.number.empty()) (*expert.mutable_dns())["voice"] = state.number;
  const v1::ExpertRecord record = beside_directory(state);
  const size_t size = expert.ByteSizeLong();
  const size_t whole = entry.directory_size + size + record.ByteSizeLong();
  entry.bytes.resize(entry.directory_size);
  if (entry.bytes.capacity() < whole) {
    std::string bytes;  // not more than is needed
    bytes.reserve(whole);
    bytes = entry.bytes;
    entry.bytes.swap(bytes);
  }
  expert.AppendToString(&entry.bytes);
  record.AppendToString(&entry.bytes);
  entry.expert_size = entry.directory_size + static_cast<uint32_t>(size);
  entry.revision = state.revision;
  if (holds_voice(state)) {
    in_our_call_.insert(entry.id);
  } else {
    in_our_call_.erase(entry.id);
  }
}

v1::ExpertRecord ExpertTable::record(Slot slot) const {
  const Entry& entry = entries_[slot];
  v1::ExpertRecord record;
  record.ParseFromArray(entry.bytes.data() + entry.expert_size,
                        static_cast<int>(entry.bytes.size() - entry.expert_size));
  record.mutable_expert()->ParseFromArray(entry.bytes.data(), static_cast<int>(entry.expert_size));
  return record;
}

bool ExpertTable::in_group(Slot slot, std::string_view group) const {
  v1::Expert directory;
  directory.ParseFromArray(entries_[slot].bytes.data(), static_cast<int>(entries_[slot].directory_size));
  const auto& groups = directory.groups();
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

void ExpertTable::append_to(std::string& response, Slot slot) const {
  const Entry& entry = entries_[slot];
  const size_t header = 1 + CodedOutputStream::VarintSize32(entry.expert_size);
  append_field(response, kRecordsTag, header + entry.bytes.size());
  append_field(response, kExpertTag, entry.expert_size);
  response += entry.bytes;
}

}  // namespace expertline::presence
