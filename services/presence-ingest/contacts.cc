#include "presence-ingest/contacts.h"

#include <utility>

#include "base/names.h"

namespace expertline::presence {

v1::WatchedPresence watched(const v1::ExpertRecord& record) {
  v1::WatchedPresence out;
  out.set_name(record.expert().name());
  out.set_display_name(record.expert().display_name());
  out.set_state(record.state());
  if (record.state() == v1::PRESENCE_STATE_OFFLINE || record.state() == v1::PRESENCE_STATE_APPEAR_OFFLINE ||
      record.state() == v1::PRESENCE_STATE_UNSPECIFIED) {
    out.set_state(v1::PRESENCE_STATE_OFFLINE);
    return out;
  }
  out.set_do_not_disturb(record.do_not_disturb());
  out.set_note(record.note());
  if (record.has_since()) *out.mutable_since() = record.since();
  return out;
}

Contacts::Contacts(ReadModel& model, size_t most) : model_(model), most_(most) {
  model.listen([this](const std::string& expert) { changed(expert); }, [this] { reloaded(); });
}

v1::WatchedPresence Contacts::look(const std::string& expert) const {
  if (const auto record = model_.find(expert)) return watched(*record);
  v1::WatchedPresence nobody;
  nobody.set_name(expert_name(model_.domain(), expert));
  nobody.set_state(v1::PRESENCE_STATE_OFFLINE);
  nobody.set_unknown(true);
  return nobody;
}

Result<Done> Contacts::watch(std::shared_ptr<Stream> stream, const std::string& watcher,
                             std::set<std::string> experts) {
  const auto has = of_watcher_.find(watcher);
  const size_t together = (has == of_watcher_.end() ? 0 : has->second) + experts.size();
  if (together > most_) {
    return Error{.reason = v1::ERROR_REASON_TOO_MANY_CONTACTS,
                 .message = watcher + " would watch " + std::to_string(together) + " experts, the limit is " +
                            std::to_string(most_),
                 .metadata = {{"contacts", std::to_string(together)}, {"limit", std::to_string(most_)}}};
  }
  of_watcher_[watcher] = together;
  const Stream* key = stream.get();
  Watch& watch = watches_[key];
  watch.stream = std::move(stream);
  watch.watcher = watcher;
  v1::WatchPresenceResponse response;
  for (const std::string& expert : experts) {
    of_expert_[expert].insert(key);
    v1::WatchedPresence& contact = *response.add_contacts();
    contact = look(expert);
    watch.sent[expert] = contact.SerializeAsString();
  }
  watch.stream->write(std::move(response));
  return Done{};
}

void Contacts::unwatch(const Stream* stream) {
  const auto found = watches_.find(stream);
  if (found == watches_.end()) return;
  for (const auto& [expert, sent] : found->second.sent) {
    const auto watchers = of_expert_.find(expert);
    watchers->second.erase(stream);
    if (watchers->second.empty()) of_expert_.erase(watchers);
  }
  const auto count = of_watcher_.find(found->second.watcher);
  count->second -= found->second.sent.size();
  if (count->second == 0) of_watcher_.erase(count);
  watches_.erase(found);
}

void Contacts::changed(const std::string& expert) {
  const auto watchers = of_expert_.find(expert);
  if (watchers == of_expert_.end()) return;
  const v1::WatchedPresence now = look(expert);
  const std::string bytes = now.SerializeAsString();
  for (const Stream* stream : watchers->second) {
    Watch& watch = watches_[stream];
    // A change that a watcher does not see is none to him, not even that there was one.
    if (std::exchange(watch.sent[expert], bytes) == bytes) continue;
    v1::WatchPresenceResponse response;
    *response.add_contacts() = now;
    watch.stream->write(std::move(response));
  }
}

void Contacts::reloaded() {
  std::vector<std::string> experts;
  for (const auto& [expert, watchers] : of_expert_) experts.push_back(expert);
  for (const std::string& expert : experts) changed(expert);
}

}  // namespace expertline::presence
