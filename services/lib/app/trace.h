// Traces: spans of what was done for one request, sent as OTLP over gRPC to a collector if there is one. Thread-safe
// but for Span itself, which belongs to one thread at a time.
#pragma once

#include <memory>
#include <string>

#include "app/work.h"

namespace opentelemetry::proto::trace::v1 {
class Span;
}

namespace expertline::app {

// Sends to `endpoint` (HOST:PORT, no TLS) what is sampled, in batches, from a thread of its own. What a collector does
// not take in time is dropped and counted; nothing waits for it. `service` is the resource's service.name.
void start_tracing(const std::string& endpoint, const std::string& service);
// Sends what is left, for two seconds at most. Idempotent.
void stop_tracing();
bool tracing();

// Ends when it goes. Of a request that is not sampled nothing is recorded.
class Span {
 public:
  enum class Kind { kInternal, kServer, kClient };

  Span();                                                    // records nothing
  Span(const std::string& name, Kind kind);                  // within what the thread works on, if that has a trace
  Span(const std::string& name, Kind kind, WorkPtr parent);  // within that
  Span(Span&&) noexcept;
  Span& operator=(Span&&) noexcept;
  ~Span();

  // What is done within it works on this.
  const WorkPtr& work() const { return work_; }
  void attribute(const std::string& key, const std::string& value);
  void fail(const std::string& why);
  void end();

 private:
  WorkPtr work_;
  std::unique_ptr<opentelemetry::proto::trace::v1::Span> record_;
};

}  // namespace expertline::app
