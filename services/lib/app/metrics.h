// Metrics, by prometheus-cpp. Each is declared once, as an object at namespace scope in the metrics file of its
// service; docs/metrics.md lists them all. Thread-safe, and never waits for anything but other threads that do the
// same.
//
// Labels are bounded: domain, medium, routing point, strategy, step, outcome, reason and the like; never an expert, a
// session or user data. Of a metric with more than kMostSeries combinations the further ones are one, all "other".
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace expertline::app {

inline constexpr size_t kMostSeries = 4000;

struct MetricInfo {
  std::string name, type;  // counter, gauge, histogram
  std::vector<std::string> labels;
  // replica: replicas add up. domain: each replica that has it says the same of the whole domain.
  std::string of;
  std::string where;  // the service, or all
  std::string help;
};

// What is declared in this program, in order of name.
std::vector<MetricInfo> declared_metrics();
// All that there is, in Prometheus' text format.
std::string metrics_text();
// Runs before each of these, one after another, to bring up to date what costs nothing to ask.
void before_scrape(std::function<void()> update);

using Labels = std::vector<std::string>;  // values, in the order of the names

namespace detail {
prometheus::Registry& registry();
void declare(MetricInfo info);
std::string joined(const Labels& values);
}  // namespace detail

// Counter, gauge or histogram that this process keeps itself.
template <typename T>
class Metric {
 public:
  using Buckets = prometheus::Histogram::BucketBoundaries;

  Metric(const std::string& name, std::vector<std::string> labels, const std::string& where, const std::string& help,
         Buckets buckets = {});

  // The one with those label values; made if it is new, and there for ever.
  T& at(const Labels& values = {});

 private:
  std::vector<std::string> labels_;
  Buckets buckets_;
  prometheus::Family<T>* family_;
  std::mutex mutex_;  // guards the rest
  std::unordered_map<std::string, T*> series_;
};

using Counter = Metric<prometheus::Counter>;
using Gauge = Metric<prometheus::Gauge>;
using Histogram = Metric<prometheus::Histogram>;

// For times from a millisecond on, and for times that people take (seconds).
Histogram::Buckets machine_times();
Histogram::Buckets people_times();

// What is read elsewhere, such as in the store: the whole of a domain is replaced at once.
class Readings : public prometheus::Collectable {
 public:
  // `type`: counter, gauge or histogram.
  Readings(const std::string& name, const std::string& type, std::vector<std::string> labels, const std::string& where,
           const std::string& help);
  Readings(const Readings&) = delete;
  Readings& operator=(const Readings&) = delete;

  struct Value {
    Labels labels;  // without the domain, which is the first one
    double value = 0;
    // Histograms: how many were at most that, cumulated, the last is +Inf; `value` is the sum of all.
    std::vector<std::pair<double, uint64_t>> buckets = {};
  };
  void replace(const std::string& domain, const std::vector<Value>& values);
  void set(const std::string& domain, double value) { replace(domain, {{.labels = {}, .value = value}}); }
  void forget(const std::string& domain) { replace(domain, {}); }

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  prometheus::MetricFamily family_;  // without metrics
  std::vector<std::string> labels_;
  mutable std::mutex mutex_;  // guards the rest
  std::map<std::string, std::vector<prometheus::ClientMetric>> by_domain_;
};

}  // namespace expertline::app
