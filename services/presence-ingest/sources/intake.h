// The way in for one source, whatever protocol it speaks: batches of reports are pushed, written at the source's rate,
// and acknowledged in order once they are durable. While they wait, a newer report of an expert overtakes an older one.
// A new protocol is one folder beside this file that owns an Intake for each of its connections; it turns what it hears
// into v1::PresenceReport, usually with `foreign` words. Loop thread.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/loop.h"
#include "presence-ingest/reports.h"
#include "presence-ingest/sources/registry.h"

namespace expertline::presence {

class Intake : public std::enable_shared_from_this<Intake> {
 public:
  static constexpr size_t kMostUnacknowledged = 16;  // batches

  struct Acknowledged {
    int64_t batch = 0;
    std::vector<v1::RefusedReport> refused;
  };
  // `on_error` is the last that is heard.
  Intake(app::Loop& loop, Reports& reports, SourceRegistry& registry, std::string domain,
         std::function<void(Acknowledged)> on_acknowledged, std::function<void(const Error&)> on_error);

  // Before the first push: the intake is the source's own, and each push says that it is alive. UNKNOWN_SOURCE,
  // SOURCE_SUPERSEDED, INVALID_FIELD.
  Task<Result<v1::SourceWelcome>> hello(v1::SourceHello hello);

  using Batch = google::protobuf::RepeatedPtrField<v1::PresenceReport>;
  // A batch; empty only after hello. Not more than kMostUnacknowledged at once.
  void push(int64_t id, Batch reports);
  bool full() const { return batches_.size() >= kMostUnacknowledged; }
  bool idle() const { return batches_.empty(); }
  // Nothing is heard any more; what is under way is still written.
  void close() { closed_ = true; }

 private:
  struct Pushed {
    int64_t id = 0;
    size_t left = 0;  // reports that are not written, refused or overtaken
    std::vector<v1::RefusedReport> refused;
  };
  struct Waiting {
    state::Report report;
    std::shared_ptr<Pushed> batch;
    int index = 0;
    int64_t overtook = 0;
  };

  void add(Waiting waiting);
  bool refuse(Waiting& waiting, state::ReportOutcome outcome);
  void pump();
  Task<void> write(std::list<Waiting> some);
  void acknowledge();
  void say_alive();
  Task<void> tell_alive();
  void fail(const Error& error);

  app::Loop& loop_;
  Reports& reports_;
  SourceRegistry& registry_;
  const std::string domain_;
  std::function<void(Acknowledged)> on_acknowledged_;
  std::function<void(const Error&)> on_error_;
  std::optional<v1::SourceHello> hello_;
  int64_t alive_every_ms_ = 0;
  int64_t alive_told_ms_ = 0;
  std::deque<std::shared_ptr<Pushed>> batches_;  // not acknowledged
  std::list<Waiting> waiting_;
  std::map<std::pair<std::string, std::string>, std::list<Waiting>::iterator> latest_;  // by expert and source
  int writing_ = 0;
  bool timer_ = false;
  bool closed_ = false;
};

}  // namespace expertline::presence
