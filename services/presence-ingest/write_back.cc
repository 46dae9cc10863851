#include "presence-ingest/write_back.h"

#include <utility>

namespace expertline::presence {
namespace {

constexpr int kMostExperts = 500;  // in a message

}  // namespace

WriteBack::WriteBack(ReadModel& model, const SourceRegistry& sources, std::string domain)
    : model_(model), sources_(sources), domain_(std::move(domain)) {
  model.listen([this](const std::string& expert) { changed(expert); },
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
  for (const std::string& expert : model_.in_our_call()) {
    if (!sources_.covers(domain_, *watch.rules, expert)) continue;
    watch.told.insert(expert);
    v1::WriteBack& one = *response.add_experts();
    one.set_expert(expert);
    one.set_on_our_call(true);
    if (response.experts_size() == kMostExperts) watch.stream->write(std::exchange(response, {}));
  }
  response.set_complete(true);
  watch.stream->write(std::move(response));
}

void WriteBack::changed(const std::string& expert) {
  const bool now = model_.in_our_call().contains(expert);
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
