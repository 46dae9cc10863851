#include "app/metrics.h"

#include <dirent.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>

namespace expertline::app {
namespace {

std::vector<MetricInfo>& infos() {
  static std::vector<MetricInfo> list;
  return list;
}

std::vector<const prometheus::Collectable*>& collectables() {
  static std::vector<const prometheus::Collectable*> list;
  return list;
}

struct Scraping {
  std::mutex mutex;
  std::function<void()> update = [] {};
};

Scraping& scraping() {
  static Scraping one;
  return one;
}

prometheus::MetricType type_named(const std::string& type) {
  if (type == "counter") return prometheus::MetricType::Counter;
  if (type == "histogram") return prometheus::MetricType::Histogram;
  return prometheus::MetricType::Gauge;
}

size_t open_files() {
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  size_t count = 0;
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count - 3;  // ".", ".." and the folder itself
}

// The figures of the process, as all Prometheus clients name them.
class Process : public prometheus::Collectable {
 public:
  Process() {
    collectables().push_back(this);
    for (const auto& [name, type, help] : kFigures) {
      detail::declare({.name = name, .type = type, .labels = {}, .of = "replica", .where = "all", .help = help});
    }
  }

  std::vector<prometheus::MetricFamily> Collect() const override {
    std::ifstream stat("/proc/self/stat");
    const std::string text{std::istreambuf_iterator<char>(stat), std::istreambuf_iterator<char>()};
    // After the name, which may hold anything, in brackets: fields 3 and up of proc(5).
    std::istringstream rest(text.substr(text.rfind(')') + 1));
    const std::vector<std::string> fields{std::istream_iterator<std::string>(rest), {}};
    const auto field = [&](size_t number) { return fields.size() > number - 3 ? std::stod(fields[number - 3]) : 0; };
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    return {figure(0, (field(14) + field(15)) / ticks),
            figure(1, field(24) * static_cast<double>(sysconf(_SC_PAGESIZE))),
            figure(2, field(23)),
            figure(3, static_cast<double>(open_files())),
            figure(4, static_cast<double>(files.rlim_cur)),
            figure(5, field(20)),
            figure(6, boot_time() + field(22) / ticks)};
  }

 private:
  struct Figure {
    const char *name, *type, *help;
  };
  static constexpr Figure kFigures[] = {
      {"process_cpu_seconds_total", "counter", "Processor time used"},
      {"process_resident_memory_bytes", "gauge", "Memory in use"},
      {"process_virtual_memory_bytes", "gauge", "Address space in use"},
      {"process_open_fds", "gauge", "Open file descriptors"},
      {"process_max_fds", "gauge", "Most file descriptors that may be open"},
      {"process_threads", "gauge", "Threads"},
      {"process_start_time_seconds", "gauge", "Unix time at which the process started"},
  };

  static prometheus::MetricFamily figure(size_t number, double value) {
    const Figure& figure = kFigures[number];
    prometheus::MetricFamily family{figure.name, figure.help, type_named(figure.type), {}};
    prometheus::ClientMetric& metric = family.metric.emplace_back();
    metric.gauge.value = metric.counter.value = value;
    return family;
  }

  static double boot_time() {
    std::ifstream file("/proc/stat");
    std::string word;
    double value = 0;
    while (file >> word) {
      if (word == "btime" && file >> value) return value;
    }
    return 0;
  }
};

const Process process;

}  // namespace

Histogram::Buckets machine_times() { return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}; }
Histogram::Buckets people_times() { return {1, 2, 5, 10, 15, 20, 30, 45, 60, 120, 300, 600, 1800}; }

std::vector<MetricInfo> declared_metrics() {
  std::vector<MetricInfo> list = infos();
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return list;
}

void before_scrape(std::function<void()> update) {
  const std::lock_guard lock(scraping().mutex);
  scraping().update = std::move(update);
}

std::string metrics_text() {
  {
    const std::lock_guard lock(scraping().mutex);
    scraping().update();
  }
  std::vector<prometheus::MetricFamily> all = detail::registry().Collect();
  for (const prometheus::Collectable* one : collectables()) {
    std::vector<prometheus::MetricFamily> more = one->Collect();
    std::move(more.begin(), more.end(), std::back_inserter(all));
  }
  std::erase_if(all, [](const auto& family) { return family.metric.empty(); });
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return prometheus::TextSerializer().Serialize(all);
}

namespace detail {

prometheus::Registry& registry() {
  static prometheus::Registry registry;
  return registry;
}

void declare(MetricInfo info) { infos().push_back(std::move(info)); }

std::string joined(const Labels& values) {
  std::string all;
  for (const std::string& value : values) (all += value) += '\0';
  return all;
}

}  // namespace detail

namespace {

template <typename T>
constexpr const char* kType = "gauge";
template <>
constexpr const char* kType<prometheus::Counter> = "counter";
template <>
constexpr const char* kType<prometheus::Histogram> = "histogram";

template <typename T>
auto build() {
  if constexpr (std::is_same_v<T, prometheus::Counter>) return prometheus::BuildCounter();
  if constexpr (std::is_same_v<T, prometheus::Gauge>) return prometheus::BuildGauge();
  if constexpr (std::is_same_v<T, prometheus::Histogram>) return prometheus::BuildHistogram();
}

}  // namespace

template <typename T>
Metric<T>::Metric(const std::string& name, std::vector<std::string> labels, const std::string& where,
                  const std::string& help, Buckets buckets)
    : labels_(std::move(labels)),
      buckets_(std::move(buckets)),
      family_(&build<T>().Name(name).Help(help).Register(detail::registry())) {
  detail::declare({.name = name, .type = kType<T>, .labels = labels_, .of = "replica", .where = where, .help = help});
  if (labels_.empty()) at();
}

template <typename T>
T& Metric<T>::at(const Labels& values) {
  const std::lock_guard lock(mutex_);
  const auto known = series_.find(detail::joined(values));
  if (known != series_.end()) return *known->second;
  const Labels shown = series_.size() < kMostSeries ? values : Labels(labels_.size(), "other");
  T*& series = series_[detail::joined(shown)];
  if (series != nullptr) return *series;
  std::map<std::string, std::string> named;
  for (size_t i = 0; i < labels_.size(); ++i) named[labels_[i]] = shown.at(i);
  if constexpr (std::is_same_v<T, prometheus::Histogram>) {
    series = &family_->Add(named, buckets_);
  } else {
    series = &family_->Add(named);
  }
  return *series;
}

template class Metric<prometheus::Counter>;
template class Metric<prometheus::Gauge>;
template class Metric<prometheus::Histogram>;

Readings::Readings(const std::string& name, const std::string& type, std::vector<std::string> labels,
                   const std::string& where, const std::string& help)
    : family_{name, help, type_named(type), {}}, labels_(std::move(labels)) {
  collectables().push_back(this);
  detail::declare({.name = name, .type = type, .labels = labels_, .of = "domain", .where = where, .help = help});
}

void Readings::replace(const std::string& domain, const std::vector<Value>& values) {
  std::vector<prometheus::ClientMetric> metrics;
  for (const Value& one : values) {
    if (metrics.size() == kMostSeries) break;
    prometheus::ClientMetric& metric = metrics.emplace_back();
    metric.label.push_back({labels_.at(0), domain});
    for (size_t i = 1; i < labels_.size(); ++i) metric.label.push_back({labels_[i], one.labels.at(i - 1)});
    if (family_.type == prometheus::MetricType::Histogram) {
      for (const auto& [bound, count] : one.buckets) metric.histogram.bucket.push_back({count, bound});
      metric.histogram.sample_count = one.buckets.empty() ? 0 : one.buckets.back().second;
      metric.histogram.sample_sum = one.value;
    } else {
      metric.counter.value = metric.gauge.value = one.value;
    }
  }
  const std::lock_guard lock(mutex_);
  by_domain_[domain] = std::move(metrics);
}

std::vector<prometheus::MetricFamily> Readings::Collect() const {
  prometheus::MetricFamily family = family_;
  const std::lock_guard lock(mutex_);
  for (const auto& [domain, metrics] : by_domain_) {
    family.metric.insert(family.metric.end(), metrics.begin(), metrics.end());
  }
  return {std::move(family)};
}

}  // namespace expertline::app
