// WatchPresence: the presence of some experts for supervisors' desktops, with what is nobody's business left out. Loop
// thread.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "app/rpc.h"
#include "base/result.h"
#include "presence-ingest/read_model.h"

namespace expertline::presence {

// What a watcher sees of an expert: who appears offline looks as anybody who is offline. Pure.
v1::WatchedPresence watched(const v1::ExpertRecord& record);

class Contacts {
 public:
  using Stream = app::ServerStream<v1::WatchPresenceResponse>;

  // `most` experts for all streams of one watcher together.
  Contacts(ReadModel& model, size_t most);

  // Sends `stream` the presence of the experts, then each change a watcher may see. TOO_MANY_CONTACTS.
  Result<Done> watch(std::shared_ptr<Stream> stream, const std::string& watcher, std::set<std::string> experts);
  void unwatch(const Stream* stream);

 private:
  struct Watch {
    std::shared_ptr<Stream> stream;
    std::string watcher;
    std::map<std::string, std::string> sent;  // by expert, serialized
  };

  void changed(const std::string& expert);
  void reloaded();
  v1::WatchedPresence look(const std::string& expert) const;

  ReadModel& model_;
  const size_t most_;
  std::map<const Stream*, Watch> watches_;
  std::map<std::string, std::set<const Stream*>> of_expert_;
  std::map<std::string, size_t> of_watcher_;  // experts watched
};

}  // namespace expertline::presence
