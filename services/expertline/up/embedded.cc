#include "expertline/up/embedded.h"

#include <atomic>

#include "session-bridge/policy/policy_file.h"

namespace expertline::cli {

Embedded::~Embedded() { stop(); }

Result<Done> Embedded::start(const std::function<void()>& on_ready) {
  auto sources = presence::read_source_file(options_.sources);
  if (!sources) return sources.error();
  auto mapping = presence::read_mapping_file(options_.presence_mapping);
  if (!mapping) return mapping.error();
  auto policy = bridge::read_policy_file(options_.policy);
  if (!policy) return policy.error();
  if (const auto child = redis_.start(options_.data); !child) return child.error();
  presence_ = std::make_unique<presence::PresenceIngest>(presence::Config{.redis = redis_.address(),
                                                                          .domains = options_.domains,
                                                                          .roster = options_.roster,
                                                                          .sources = std::move(*sources),
                                                                          .mapping = std::move(*mapping),
                                                                          .most_contacts = options_.most_contacts});
  evaluation_ = std::make_unique<evaluation::StrategyEvaluation>(evaluation::Config{.redis = redis_.address(),
                                                                                    .domains = options_.domains,
                                                                                    .strategies = options_.strategies,
                                                                                    .records = options_.records});
  sessions_ = std::make_unique<bridge::SessionBridge>(bridge::Config{.redis = redis_.address(),
                                                                     .domains = options_.domains,
                                                                     .id = "embedded",
                                                                     .user_data_limit = options_.user_data_limit,
                                                                     .most_observed = options_.most_observed,
                                                                     .policy = std::move(*policy),
                                                                     .report_days = options_.report_days});
  std::vector<grpc::Service*> services;
  for (const auto& part : {presence_->services(), evaluation_->services(), sessions_->services()}) {
    services.insert(services.end(), part.begin(), part.end());
  }
  server_ = std::make_unique<app::Server>(options_.listen, services,
                                          std::vector{presence_->calls(), evaluation_->calls(), sessions_->calls()});
  if (!server_->start()) return invalid_field("listen", "cannot listen on " + options_.listen + "; is it in use?");
  const auto inside = server_->in_process();
  auto still_starting = std::make_shared<std::atomic<int>>(3);
  const auto one_ready = [this, on_ready, still_starting] {
    if (--*still_starting > 0) return;
    server_->set_serving(true);
    on_ready();
  };
  if (auto started = presence_->start(one_ready); !started) return started;
  if (auto started = evaluation_->start(inside, one_ready); !started) return started;
  sessions_->start(inside, one_ready);
  return Done{};
}

void Embedded::stop() {
  if (server_) server_->stop();
  if (sessions_) sessions_->stop();
  if (evaluation_) evaluation_->stop();
  if (presence_) presence_->stop();
  redis_.stop();
}

}  // namespace expertline::cli
