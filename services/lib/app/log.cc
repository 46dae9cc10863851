#include "app/log.h"

#include <absl/strings/str_format.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <ctime>
#include <memory>
#include <string_view>

#include "app/work.h"

namespace expertline::app {
namespace {

class JsonLines : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& msg, spdlog::memory_buf_t& line) override {
    const auto since = msg.time.time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since - seconds).count();
    const std::tm utc = fmt::gmtime(static_cast<std::time_t>(seconds.count()));
    append(line, fmt::format(R"({{"time":"{:%Y-%m-%dT%H:%M:%S}.{:03}Z")", utc, ms));
    field(line, "level", view(spdlog::level::to_string_view(msg.level)));
    field(line, "service", view(msg.logger_name));
    if (const WorkPtr& work = current_work()) {
      if (!work->trace.empty()) field(line, "trace_id", work->trace);
      if (!work->span.empty()) field(line, "span_id", work->span);
      if (!work->session.empty()) field(line, "session", work->session);
      if (!work->revision.empty()) field(line, "revision", work->revision);
    }
    field(line, "msg", view(msg.payload));
    append(line, "}\n");
  }

  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonLines>(); }

 private:
  static std::string_view view(spdlog::string_view_t text) { return {text.data(), text.size()}; }

  static void append(spdlog::memory_buf_t& line, std::string_view text) {
    line.append(text.data(), text.data() + text.size());
  }

  static void field(spdlog::memory_buf_t& line, std::string_view name, std::string_view value) {
    append(line, ",\"");
    append(line, name);
    append(line, "\":\"");
    for (const char c : value) {
      const auto code = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        line.push_back('\\');
        line.push_back(c);
      } else if (c == '\n') {
        append(line, "\\n");
      } else if (code < 0x20 || code == 0x7F) {
        append(line, absl::StrFormat("\\u%04x", code));
      } else {
        line.push_back(c);
      }
    }
    line.push_back('"');
  }
};

}  // namespace

void start_logging(const std::string& service, const std::string& level) {
  auto logger = spdlog::stderr_logger_mt(service);
  logger->set_level(spdlog::level::from_str(level));
  logger->set_formatter(std::make_unique<JsonLines>());
  spdlog::set_default_logger(logger);
}

}  // namespace expertline::app
