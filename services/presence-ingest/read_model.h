// The read model of one domain: every expert with directory, presence and load, in memory, fed by the change log of the
// store and fanned out to watchers. Loop thread.
//
// Its position is an entry of the change log. A watcher resumes from any cursor that is not older than what this
// process remembers; from an older one it gets a snapshot. Any replica can resume what another one began.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "app/rpc.h"
#include "presence-ingest/expert_table.h"
#include "redis/client.h"
#include "state/expert_store.h"

namespace expertline::presence {

class ReadModel {
 public:
  // Of serialized v1::WatchReadModelResponse.
  using Stream = app::ServerStream<grpc::ByteBuffer>;

  // `redis` is a connection of its own: its reads wait in the store.
  ReadModel(app::Loop& loop, redis::Client::Options redis, state::ExpertStore& store, std::string domain);

  void start();
  // Idempotent.
  void stop();
  const std::string& domain() const { return domain_; }
  // Has caught up with the store since start().
  bool complete() const { return complete_; }

  // Sends `stream` a snapshot or what came after `cursor`, then all changes.
  void watch(std::shared_ptr<Stream> stream, std::optional<state::LogId> cursor);
  void unwatch(const Stream* stream);

  // Lets the metrics say how it stands.
  void show() const;

  // nullopt if there is no such expert.
  std::optional<v1::ExpertRecord> find(const std::string& expert) const;
  bool in_group(const std::string& expert, const std::string& group) const;
  // Ids of those who hold a voice leg that is not only wrapped up.
  const std::set<std::string>& in_our_call() const { return experts_->in_our_call(); }
  // Runs `changed` for each change from now on, `reloaded` when everything may be another. Both for as long as the
  // model lives.
  void listen(std::function<void(const std::string& expert)> changed, std::function<void()> reloaded);

 private:
  struct Removal {
    state::LogId id;
    std::string expert;
    int64_t revision;
  };

  Task<void> run();
  Task<bool> load();
  Task<bool> follow();
  Task<bool> log_is_gapless();
  Task<bool> refresh_directory(std::vector<state::ExpertChange> changes);
  Task<void> watch_ahead(std::shared_ptr<Stream> stream, state::LogId cursor);
  Task<redis::Reply> ask(redis::Command command);

  void apply(const std::vector<state::ExpertChange>& changes);
  void remember_removal(Removal removal);
  Task<void> bring_up(std::shared_ptr<Stream> stream, std::optional<state::LogId> since);
  v1::WatchReadModelResponse make_removed(const Removal& removal) const;

  app::Loop& loop_;
  redis::Client redis_;
  state::ExpertStore& store_;
  const std::string domain_;
  const std::string log_;  // key
  bool complete_ = false;
  bool stopping_ = false;

  std::unique_ptr<ExpertTable> experts_;
  std::deque<Removal> removals_;
  state::LogId oldest_;    // every change after it is in experts_ or removals_
  state::LogId position_;  // the last entry that was applied
  std::vector<std::function<void(const std::string&)>> on_change_;
  std::vector<std::function<void()>> on_reload_;
  std::set<std::shared_ptr<Stream>> watchers_;
  std::set<std::shared_ptr<Stream>> behind_;  // told step by step what there is, watchers when they have it
  uint64_t loads_ = 0;
  std::map<std::shared_ptr<Stream>, std::optional<state::LogId>> waiting_;  // until the model is complete, by cursor
};

}  // namespace expertline::presence
