// All sources of the domains that are served: what each may do, how fast, and how much of it was done. Loop thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "app/loop.h"
#include "presence-ingest/domains.h"
#include "presence-ingest/mapping.h"
#include "presence-ingest/sources/rate.h"
#include "presence-ingest/sources/source_file.h"
#include "state/expert_store.h"
#include "state/source_store.h"

namespace expertline::presence {

class SourceRegistry {
 public:
  // Whether an expert is in a group, as far as is known.
  using InGroup = std::function<bool(const std::string& domain, const std::string& expert, const std::string& group)>;

  SourceRegistry(app::Loop& loop, state::SourceStore& store, const Domains& domains, SourceFile file, Mapping mapping,
                 InGroup in_group);

  // Looks after the leases and writes the counts, until the loop is stopped.
  void start();

  const SourceFile& file() const { return file_; }

  struct Refusal {
    v1::ReportRefusal reason;
    std::string detail;
  };
  // The report as the store takes it, or why its source may not say that. `hello` fills in what it leaves out.
  std::variant<state::Report, Refusal> admit(const std::string& domain, v1::PresenceReport report,
                                             const v1::SourceHello* hello) const;
  // The same without a source's rules.
  bool covers(const std::string& domain, const SourceRules& rules, const std::string& expert) const;

  // The source's bucket; all that are not declared share one each by their id, as long as there are not too many.
  Rate& rate(const std::string& domain, const std::string& source);

  void count_taken(const std::string& domain, const std::string& source, int64_t overtaken = 0);
  void count_refused(const std::string& domain, const std::string& source, v1::ReportRefusal reason);

  Task<Result<v1::SourceWelcome>> hello(std::string domain, v1::SourceHello hello);
  Task<Result<Done>> alive(std::string domain, std::string source, int64_t epoch);
  Task<Result<v1::ListSourcesResponse>> list(std::string domain);
  // Lets the metrics say what was counted, and of which sources nothing is heard.
  Task<void> show(std::string domain);

 private:
  Task<void> sweep(std::string domain);
  Task<void> write_counts(std::string domain);
  state::SourceCounts& counts(const std::string& domain, const std::string& source);
  // As metrics name it: those that are not declared are one.
  std::string label(const std::string& source) const { return file_.sources.contains(source) ? source : "other"; }

  app::Loop& loop_;
  state::SourceStore& store_;
  const Domains& domains_;
  const SourceFile file_;
  const Mapping mapping_;
  const InGroup in_group_;
  std::map<std::pair<std::string, std::string>, Rate> rates_;                 // by domain and source
  std::map<std::string, std::map<std::string, state::SourceCounts>> counts_;  // not written yet
};

}  // namespace expertline::presence
