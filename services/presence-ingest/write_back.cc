#include "presence-ingest/write_back.h"

#include <utility>

namespace expertline::presence {
namespace {

constexpr int kMostExperts = 500;  // in a message

std::string id_of(const v1::ExpertRecord& record) {
  const std::string& name = record.expert().name();
  return name.substr(name.rfind('/') + 1);
}

}  // namespace

bool in_our_call(const v1::ExpertRecord& record) {
  for (const v1::MediumStatus& medium : record.media()) {
    if (medium.medium() == "voice") return medium.used() > medium.wrapping_up();
  }
  return false;
}

WriteBack::WriteBack(ReadModel& model, const SourceRegistry& sources, std::string domain)
    : model_(model), sources_(sources), domain_(std::move(domain)) {
  model.listen([this](const std::string& expert, const v1::ExpertRecord* record) { changed(expert, record); },
               [this] {
                 for (auto& [key, watch] : watches_) send_all(watch);
               });
}

void WriteBack::watch(std::shared_ptr<Stream> stream, const SourceRules& rules) {
  const Stream* key = stream.get();
  Watch& watch = watches_[key];
  watch.stream = std::move(stream);
  watch.rules = &rules;
  send_all(watch);
}

void WriteBack::unwatch(const Stream* stream) { watches_.erase(stream); }

void WriteBack::send_all(Watch& watch) const {
  watch.told.clear();
  v1::WatchWriteBackResponse response;
  model_.for_each([&](const v1::ExpertRecord& record) {
    const std::string expert = id_of(record);
    if (!in_our_call(record) || !sources_.covers(domain_, *watch.rules, expert)) return;
    watch.told.insert(expert);
    v1::WriteBack& one = *response.add_experts();
    one.set_expert(expert);
    one.set_on_our_call(true);
    if (response.experts_size() == kMostExperts) watch.stream->write(std::exchange(response, {}));
  });
  response.set_complete(true);
  watch.stream->write(std::move(response));
}

void WriteBack::changed(const std::string& expert, const v1::ExpertRecord* record) {
  const bool now = record != nullptr && in_our_call(*record);
  for (auto& [key, watch] : watches_) {
    if (now == watch.told.contains(expert)) continue;
    if (now && !sources_.covers(domain_, *watch.rules, expert)) continue;
    if (now) {
      watch.told.insert(expert);
    } else {
      watch.told.erase(expert);
    }
    v1::WatchWriteBackResponse response;
    v1::WriteBack& one = *response.add_experts();
    one.set_expert(expert);
    one.set_on_our_call(now);
    watch.stream->write(std::move(response));
  }
}

}  // namespace expertline::presence
