#include "app/trace.h"

#include <absl/strings/escaping.h>
#include <grpcpp/grpcpp.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "app/metrics.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.grpc.pb.h"

namespace expertline::app {
namespace {

namespace otlp = opentelemetry::proto;

constexpr size_t kMostWaiting = 8192;
constexpr size_t kMostInBatch = 512;
constexpr std::chrono::milliseconds kBatchAfter{500};
constexpr std::chrono::seconds kExportTimeout{2};
constexpr size_t kTraceDigits = 32;
constexpr size_t kSpanDigits = 16;

Counter spans("expertline_trace_spans_total", {"outcome"}, "all",
              "Spans of traces: exported, or dropped because the collector did not take them in time");

std::string random_digits(size_t digits) {
  thread_local std::mt19937_64 random{std::random_device{}()};
  std::string id;
  while (id.size() < digits) id += absl::StrCat(absl::Hex(random(), absl::kZeroPad16));
  return id;
}

bool lower_hex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

bool any_set(std::string_view id) { return id.find_first_not_of('0') != std::string_view::npos; }

std::string bytes_of(const std::string& digits) { return absl::HexStringToBytes(digits); }

uint64_t now_ns() {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

void add_text(google::protobuf::RepeatedPtrField<otlp::common::v1::KeyValue>& list, const std::string& key,
              const std::string& value) {
  otlp::common::v1::KeyValue& one = *list.Add();
  one.set_key(key);
  one.mutable_value()->set_string_value(value);
}

class Exporter {
 public:
  Exporter(const std::string& endpoint, std::string service)
      : service_(std::move(service)),
        stub_(otlp::collector::trace::v1::TraceService::NewStub(
            grpc::CreateChannel(endpoint, grpc::InsecureChannelCredentials()))),
        thread_([this] { run(); }) {}
  ~Exporter() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  void add(otlp::trace::v1::Span span) {
    bool full = false;
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.size() >= kMostWaiting) {
        spans.at({"dropped"}).Increment();
        return;
      }
      waiting_.push_back(std::move(span));
      full = waiting_.size() == kMostInBatch;
    }
    if (full) changed_.notify_one();
  }

 private:
  void run() {
    for (;;) {
      std::vector<otlp::trace::v1::Span> batch;
      bool last = false;
      {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, kBatchAfter, [this] { return stopping_ || waiting_.size() >= kMostInBatch; });
        batch.swap(waiting_);
        last = stopping_;
      }
      if (!batch.empty()) send(batch);
      if (last) return;
    }
  }

  void send(std::vector<otlp::trace::v1::Span>& batch) {
    otlp::collector::trace::v1::ExportTraceServiceRequest request;
    otlp::trace::v1::ResourceSpans& resource = *request.add_resource_spans();
    add_text(*resource.mutable_resource()->mutable_attributes(), "service.name", service_);
    otlp::trace::v1::ScopeSpans& scope = *resource.add_scope_spans();
    scope.mutable_scope()->set_name("expertline");
    for (otlp::trace::v1::Span& span : batch) *scope.add_spans() = std::move(span);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kExportTimeout);
    otlp::collector::trace::v1::ExportTraceServiceResponse response;
    const grpc::Status status = stub_->Export(&context, request, &response);
    spans.at({status.ok() ? "exported" : "dropped"}).Increment(static_cast<double>(batch.size()));
    if (status.ok() == failing_) {
      failing_ = !status.ok();
      if (failing_) spdlog::warn("traces: the collector does not take them: {}", status.error_message());
    }
  }

  const std::string service_;
  std::unique_ptr<otlp::collector::trace::v1::TraceService::Stub> stub_;
  bool failing_ = false;  // of the thread
  std::mutex mutex_;      // guards the rest
  std::condition_variable changed_;
  std::vector<otlp::trace::v1::Span> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

std::unique_ptr<Exporter>& exporter() {
  static std::unique_ptr<Exporter> one;
  return one;
}

WorkPtr child_of(const WorkPtr& parent) {
  auto work = parent ? std::make_shared<Work>(*parent) : std::make_shared<Work>();
  if (work->trace.empty()) {
    work->trace = random_digits(kTraceDigits);
    work->sampled = tracing();
  }
  work->span = random_digits(kSpanDigits);
  return work;
}

}  // namespace

std::string traceparent() {
  const WorkPtr& work = current_work();
  if (!work || work->trace.empty()) return {};
  return "00-" + work->trace + "-" + work->span + (work->sampled ? "-01" : "-00");
}

WorkPtr work_of(const std::string& traceparent) {
  // version-trace-parent-flags; a later version may have more behind them.
  const std::string_view text = traceparent;
  constexpr size_t kLength = 2 + 1 + kTraceDigits + 1 + kSpanDigits + 1 + 2;
  auto work = std::make_shared<Work>();
  const bool formed =
      text.size() >= kLength && (text.size() == kLength || (text[kLength] == '-' && text.substr(0, 2) != "00")) &&
      text[2] == '-' && text[35] == '-' && text[52] == '-' && lower_hex(text.substr(0, 2)) &&
      text.substr(0, 2) != "ff" && lower_hex(text.substr(3, kTraceDigits)) && lower_hex(text.substr(36, kSpanDigits)) &&
      lower_hex(text.substr(53, 2)) && any_set(text.substr(3, kTraceDigits)) && any_set(text.substr(36, kSpanDigits));
  if (!formed) return nullptr;
  work->trace = text.substr(3, kTraceDigits);
  work->span = text.substr(36, kSpanDigits);
  const char flags = text[54];
  work->sampled = ((flags <= '9' ? flags - '0' : flags - 'a' + 10) & 1) != 0;
  return work;
}

void start_tracing(const std::string& endpoint, const std::string& service) {
  if (!endpoint.empty()) exporter() = std::make_unique<Exporter>(endpoint, service);
}

void stop_tracing() { exporter().reset(); }

bool tracing() { return exporter() != nullptr; }

Span::Span() = default;
Span::Span(Span&&) noexcept = default;
Span::~Span() { end(); }

Span& Span::operator=(Span&& other) noexcept {
  end();
  work_ = std::move(other.work_);
  record_ = std::move(other.record_);
  return *this;
}

Span::Span(const std::string& name, Kind kind) {
  const WorkPtr& now = current_work();
  if (now && !now->trace.empty() && now->sampled && tracing()) *this = Span(name, kind, now);
}

Span::Span(const std::string& name, Kind kind, WorkPtr parent) : work_(child_of(parent)) {
  if (!work_->sampled || !tracing()) return;
  record_ = std::make_unique<otlp::trace::v1::Span>();
  record_->set_trace_id(bytes_of(work_->trace));
  record_->set_span_id(bytes_of(work_->span));
  if (parent && !parent->span.empty()) record_->set_parent_span_id(bytes_of(parent->span));
  record_->set_name(name);
  record_->set_kind(kind == Kind::kServer   ? otlp::trace::v1::Span::SPAN_KIND_SERVER
                    : kind == Kind::kClient ? otlp::trace::v1::Span::SPAN_KIND_CLIENT
                                            : otlp::trace::v1::Span::SPAN_KIND_INTERNAL);
  record_->set_start_time_unix_nano(now_ns());
}

void Span::attribute(const std::string& key, const std::string& value) {
  if (record_) add_text(*record_->mutable_attributes(), key, value);
}

void Span::fail(const std::string& why) {
  if (!record_) return;
  record_->mutable_status()->set_code(otlp::trace::v1::Status::STATUS_CODE_ERROR);
  record_->mutable_status()->set_message(why);
}

void Span::end() {
  if (!record_) return;
  record_->set_end_time_unix_nano(now_ns());
  if (Exporter* to = exporter().get()) to->add(std::move(*record_));
  record_.reset();
}

}  // namespace expertline::app
