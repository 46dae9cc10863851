#include "app/telemetry.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <ctime>
#include <memory>
#include <utility>

#include "app/metrics.h"
#include "app/trace.h"

namespace expertline::app {
namespace {

constexpr uint64_t kShowReadyMs = 500;

Gauge build_info("expertline_build_info", {"program", "version"}, "all", "1; which program of which version this is");
Gauge ready_now("expertline_ready", {"program"}, "all",
                "1 if this service takes calls, 0 while it starts or lacks the store or a peer");
Gauge not_after("expertline_certificate_not_after_timestamp_seconds", {"file"}, "all",
                "Unix time at which a certificate named by --certificate ends; 0 if it cannot be read");

// When the first certificate of a file ends, Unix time; 0 if that cannot be told.
double end_of(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "r"), &std::fclose);
  if (!file) return 0;
  const std::unique_ptr<X509, void (*)(X509*)> certificate(PEM_read_X509(file.get(), nullptr, nullptr, nullptr),
                                                           &X509_free);
  std::tm end{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) return 0;
  return static_cast<double>(timegm(&end));
}

}  // namespace

void add_telemetry_options(CLI::App& app, TelemetryOptions& options) {
  app.add_option_function<std::string>(
         "--metrics",
         [&options](const std::string& address) {
           options.metrics = address;
           options.must_serve = true;
         },
         "HOST:PORT of the HTTP endpoint with /metrics, /livez and /readyz; empty: none. On loopback unless told "
         "otherwise, as it says much and asks nobody who he is")
      ->default_str(options.metrics);
  app.add_option(
      "--otlp", options.otlp,
      "HOST:PORT of a collector that takes traces as OTLP over gRPC; empty: none, as most have no collector");
  app.add_option("--certificate", options.certificates,
                 "File (PEM) whose end of validity is a metric: that of the proxy or tunnel before this service, which "
                 "speaks no TLS itself; may be given several times");
}

Telemetry::Telemetry(TelemetryOptions options, std::string program, std::function<bool()> ready)
    : options_(std::move(options)), program_(std::move(program)), endpoint_(std::move(ready)) {}

Result<Done> Telemetry::start() {
  build_info.at({program_, EXPERTLINE_VERSION}).Set(1);
  before_scrape([this] {
    for (const std::string& file : options_.certificates) not_after.at({file}).Set(end_of(file));
  });
  if (const auto served = endpoint_.start(options_.metrics); !served) {
    if (options_.must_serve) return served;
    spdlog::warn("no metrics: {}", served.error().message);
  }
  start_tracing(options_.otlp, program_);
  return Done{};
}

void Telemetry::stop() {
  endpoint_.stop();
  before_scrape([] {});
  stop_tracing();
}

Task<void> show_ready(Loop& loop, std::string program, std::function<bool()> ready) {
  for (;;) {
    ready_now.at({program}).Set(ready() ? 1 : 0);
    const bool going = co_await loop.sleep(kShowReadyMs);
    if (!going) co_return;
  }
}

}  // namespace expertline::app
