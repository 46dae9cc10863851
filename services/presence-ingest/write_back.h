// WatchWriteBack: who is in a call of ours, for sources that show it to others. What is written back is made of our own
// legs alone and never of what a source reported, so nothing that a source makes of it comes round again. Loop thread.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "app/rpc.h"
#include "presence-ingest/read_model.h"
#include "presence-ingest/sources/registry.h"

namespace expertline::presence {

class WriteBack {
 public:
  using Stream = app::ServerStream<v1::WatchWriteBackResponse>;

  WriteBack(ReadModel& model, const SourceRegistry& sources, std::string domain);

  // `rules`: of the source, for as long as the registry lives.
  void watch(std::shared_ptr<Stream> stream, const SourceRules& rules);
  void unwatch(const Stream* stream);

 private:
  struct Watch {
    std::shared_ptr<Stream> stream;
    const SourceRules* rules;
    std::set<std::string> told;  // who is in a call, as it was told
  };

  void send_all(Watch& watch) const;
  void changed(const std::string& expert);

  ReadModel& model_;
  const SourceRegistry& sources_;
  const std::string domain_;
  std::map<const Stream*, Watch> watches_;
};

}  // namespace expertline::presence
