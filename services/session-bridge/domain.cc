#include "session-bridge/domain.h"

#include <spdlog/spdlog.h>

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <chrono>

#include "base/names.h"
#include "session-bridge/metrics.h"

namespace expertline::bridge {
namespace {

constexpr uint64_t kTickMs = 50;
constexpr int kMostDue = 256;
constexpr uint64_t kRenewMs = 2'000;
constexpr int kMostMessages = 64;  // at once: each may hold a file
constexpr uint64_t kPaceMs = 10;
constexpr int64_t kPatienceMs = 10'000;     // with a slow reader
constexpr uint64_t kMarksTogetherMs = 200;  // five times a second is often enough to see what others have read
constexpr std::chrono::milliseconds kRouteTimeout{5'000};
constexpr std::chrono::milliseconds kAdmitTimeout{2'000};  // somebody waits for it
constexpr uint64_t kAttachAgainMs = 20;
constexpr int kAttachTries = 250;
constexpr const char* kBlockMs = "1000";
constexpr uint64_t kMeasureMs = 2'000;
constexpr const char* kMostUnread = "1000";  // hints that are counted

int64_t wall_clock_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

// What people call him.
std::string called(const v1::Agent& agent) { return agent.display_name().empty() ? agent.id() : agent.display_name(); }

}  // namespace

bool is_later(const std::string& a, const std::string& b) {
  if (b.empty()) return !a.empty();
  const auto dash_a = a.find('-');
  const auto dash_b = b.find('-');
  const auto number = [](const std::string& text) {
    // Shorter is smaller; ids have no leading zeros.
    return std::pair(text.size(), text);
  };
  return std::pair(number(a.substr(0, dash_a)), number(a.substr(dash_a + 1))) >
         std::pair(number(b.substr(0, dash_b)), number(b.substr(dash_b + 1)));
}

bool is_message_id(const std::string& id) {
  if (id.empty()) return true;
  const auto dash = id.find('-');
  const auto digits = [](const std::string& text) {
    return !text.empty() && text.size() <= 20 && text.find_first_not_of("0123456789") == std::string::npos;
  };
  return dash != std::string::npos && digits(id.substr(0, dash)) && digits(id.substr(dash + 1));
}

Domain::Domain(app::Loop& loop, DomainConfig config, std::shared_ptr<grpc::Channel> strategy)
    : loop_(loop),
      config_(std::move(config)),
      client_(loop, {.address = config_.redis, .on_connect = config_.on_connect}),
      hints_(loop, {.address = config_.redis, .name = "hints", .timeout_ms = 5'000}),
      store_(client_, config_.name),
      audit_(client_, config_.name),
      experts_(client_),
      reports_(client_, config_.name),
      strategy_(v1::StrategyService::NewStub(strategy)) {}

void Domain::start() {
  client_.start();
  hints_.start();
  spawn(read_hints());
  spawn(tick());
  spawn(follow_routing_points());
  spawn(measure());
}

void Domain::stop() {
  stopping_ = true;
  if (points_stream_) points_stream_->cancel();
  hints_.stop();
  client_.stop();
}

StoreTime Domain::time() const {
  return StoreTime{.now = tick_now_ + (loop_.now_ms() - tick_at_), .offset = tick_offset_};
}

Result<v1::RoutingPoint> Domain::routing_point(const std::string& id) const {
  if (!routing_points_known_ || !time_known_) {
    return Error{.reason = v1::ERROR_REASON_NOT_READY,
                 .message = "the routing points or the store's time are not known yet; ask again",
                 .metadata = {{"service", "strategy-evaluation"}}};
  }
  const auto it = routing_points_.find(id);
  if (it == routing_points_.end()) {
    return Error{.reason = v1::ERROR_REASON_UNKNOWN_ROUTING_POINT,
                 .message = "no strategy is bound to routing point \"" + id + "\" in domain " + config_.name,
                 .metadata = {{"routing_point", id}}};
  }
  return it->second;
}

Task<void> Domain::follow_routing_points() {
  while (!stopping_) {
    v1::WatchRoutingPointsRequest request;
    request.set_parent(domain_name(config_.name));
    Callback<bool> ended([this, &request](const Callback<bool>::Done& done) {
      points_stream_ = std::make_shared<app::PeerStream<v1::WatchRoutingPointsResponse>>(
          loop_,
          [this](const v1::WatchRoutingPointsResponse& response) {
            routing_points_.clear();
            for (const v1::RoutingPoint& point : response.routing_points()) routing_points_[point.id()] = point;
            routing_points_known_ = true;
          },
          [done](const grpc::Status&) { done(true); });
      strategy_->async()->WatchRoutingPoints(points_stream_->context(), &request, points_stream_.get());
      points_stream_->start();
    });
    co_await ended;
    points_stream_.reset();
    const bool going = co_await loop_.sleep(100);
    if (!going) co_return;
  }
}

Task<void> Domain::tick() {
  int64_t last = loop_.now_ms();
  while (!stopping_) {
    const int64_t started = loop_.now_ms();
    const auto tick = co_await store_.tick(started - last, config_.policy.session_retention_ms, kMostDue,
                                           config_.policy.conversation_retention_ms, config_.report_retention_ms);
    bool more = false;
    if (tick) {
      last = started;
      tick_now_ = tick->now;
      tick_offset_ = tick->wall - tick->now;
      tick_at_ = loop_.now_ms();
      time_known_ = true;
      for (const state::LegRef& leg : tick->route) {
        const app::Working as_it_began(app::work_of(leg.trace));
        route(leg);
      }
      more = tick->next_in == 0;
    }
    const bool going = co_await loop_.sleep(more ? 1 : kTickMs);
    if (!going) co_return;
  }
}

Task<void> Domain::renew_lease() {
  while (!stopping_) {
    const bool going = co_await loop_.sleep(kRenewMs);
    if (!going) co_return;
    const auto alive = co_await store_.renew_bridge(config_.bridge, false);
    if (alive && !*alive) {
      spdlog::warn("domain {}: the lease of this bridge had run out; all desks are attached again", config_.name);
      co_await attach_all_again();
    }
  }
}

Task<void> Domain::measure() {
  std::string run;  // of the store
  store_up.at({config_.name}).Set(0);
  store_restarts.at({config_.name});
  while (!stopping_) {
    const int64_t asked = wall_clock_ms();
    const auto counts = co_await state::read_counts(client_, config_.name);
    if (counts) {
      host_ahead_ms_ = counts->host - (asked + wall_clock_ms()) / 2;
      show(config_.name, *counts);
    }
    const auto info = co_await state::read_info(client_);
    if (info) {
      if (!run.empty() && run != info->run) store_restarts.at({config_.name}).Increment();
      run = info->run;
      show(config_.name, *info, wall_clock_ms() + host_ahead_ms_);
    }
    redis::Command unread{"XRANGE", outbox(), "(" + hint_cursor_, "+", "COUNT", kMostUnread};
    const redis::Reply hints = co_await client_.call(std::move(unread));
    outbox_length.at({config_.name}).Set(static_cast<double>(hints.elements.size()));
    store_up.at({config_.name}).Set(counts && info ? 1 : 0);
    desk_experts.at({config_.name}).Set(static_cast<double>(desks_.size()));
    const bool going = co_await loop_.sleep(kMeasureMs);
    if (!going) co_return;
  }
}

Task<void> Domain::attach_all_again() {
  std::vector<std::string> experts;
  for (const auto& [expert, watchers] : desks_) experts.push_back(expert);
  const auto attached = co_await store_.attach_desk(config_.bridge, experts);
  if (!attached) co_return;
  for (const auto& sessions : *attached) {
    if (!sessions) continue;
    for (const std::string& session : *sessions) refresh(session);
  }
  std::vector<std::string> sessions;
  for (const auto& [session, watchers] : session_watchers_) sessions.push_back(session);
  for (const std::string& session : sessions) {
    co_await set_watched(session, true);
    refresh(session);
  }
}

Task<void> Domain::read_hints() {
  // Nothing of an earlier life of this bridge is attached: desks and platforms come back by themselves.
  while (!stopping_) {
    const auto fresh = co_await store_.renew_bridge(config_.bridge, true);
    if (fresh) break;
    const bool going = co_await loop_.sleep(20);
    if (!going) co_return;
  }
  // Desks may have been faster than that: theirs was forgotten too.
  co_await attach_all_again();
  spawn(renew_lease());
  prometheus::Histogram& lag = outbox_lag.at({config_.name});
  while (!stopping_) {
    redis::Command command{"XREAD", "COUNT", "500", "BLOCK", kBlockMs, "STREAMS", outbox(), hint_cursor_};
    const redis::Reply reply = co_await hints_.call(std::move(command));
    if (reply.lost() || reply.error()) {
      const bool going = co_await loop_.sleep(20);
      if (!going) co_return;
      continue;
    }
    if (reply.elements.empty()) continue;
    for (const redis::Reply& entry : reply.elements[0].elements.at(1).elements) {
      hint_cursor_ = entry.elements.at(0).text;
      // Its id begins with when it was written, by the clock of the store's host.
      int64_t written = 0;
      if (absl::SimpleAtoi(hint_cursor_.substr(0, hint_cursor_.find('-')), &written)) {
        lag.Observe(static_cast<double>(std::max<int64_t>(0, wall_clock_ms() + host_ahead_ms_ - written)) / 1000);
      }
      const std::vector<redis::Reply>& hint = entry.elements.at(1).elements;
      const std::string& what = hint.at(0).text;
      const std::string& about = hint.at(1).text;
      if (what == "x") {
        std::vector<std::string> experts(1, about);
        spawn(tell_blocks(std::move(experts)));
      } else if (what == "t") {
        tell_typing(about);
      } else if (what == "k") {
        spawn(refresh_later(about));
      } else {
        refresh(about);
      }
    }
  }
}

Task<Result<Done>> Domain::admit(v1::RoutingPoint point, v1::RoutingFacts facts) {
  if (!point.restricted()) co_return Done{};
  v1::AdmitRequest request;
  request.set_parent(domain_name(config_.name));
  *request.mutable_facts() = std::move(facts);
  request.mutable_facts()->set_medium(point.medium());
  request.mutable_facts()->set_routing_point(point.id());
  auto answer = app::call_peer<v1::AdmitResponse, v1::AdmitRequest>(
      loop_, "strategy-evaluation", kAdmitTimeout, std::move(request),
      [this](grpc::ClientContext* context, const v1::AdmitRequest* sent, v1::AdmitResponse* response,
             std::function<void(grpc::Status)> done) {
        strategy_->async()->Admit(context, sent, response, std::move(done));
      });
  const Result<v1::AdmitResponse> admitted = co_await answer;
  if (!admitted) co_return admitted.error();
  if (!admitted->allowed()) {
    co_return Error{.reason = v1::ERROR_REASON_NOT_ALLOWED,
                    .message = "not allowed at routing point \"" + point.id() + "\"" +
                               (admitted->detail().empty() ? "" : ": " + admitted->detail()),
                    .metadata = {{"routing_point", point.id()}}};
  }
  co_return Done{};
}

Task<Result<Done>> Domain::may_ask(std::string action, std::string actor, v1::Agent agent, std::string routing_point,
                                   std::string expert) {
  Asking asking{.agent = std::move(agent), .routing_point = routing_point, .expert = expert};
  if (!expert.empty() && !policy().access.empty()) {
    const auto known = co_await experts_.view(config_.name, expert);
    if (!known) co_return known.error();
    asking.expert_site = known->directory.site();
    asking.expert_groups.assign(known->directory.groups().begin(), known->directory.groups().end());
  }
  const auto may = policy().may_ask(asking, wall_now());
  if (may) co_return Done{};
  const std::string target = expert.empty() ? "routing_point:" + routing_point : expert_name(config_.name, expert);
  co_return co_await refused(actor, action, target, may.error());
}

Task<Error> Domain::refused(std::string actor, std::string action, std::string target, Error error) {
  const bool by_policy =
      error.reason == v1::ERROR_REASON_NOT_ALLOWED || error.reason == v1::ERROR_REASON_CONTENT_NOT_ALLOWED;
  if (!by_policy) co_return error;
  v1::AuditEntry line;
  line.set_actor(actor);
  line.set_action(action);
  line.set_target(target);
  line.set_refused(true);
  line.set_detail(error.message);
  const auto done = co_await audit_.add(line);
  if (!done) spdlog::warn("audit: {} {} {}: {}", actor, action, target, done.error().message);
  co_return error;
}

v1::Session Domain::view(const state::SessionRecord& record) const {
  v1::Session session = view_session(config_.name, record, time());
  // The last leg that was to be the conversation tells how the agent stands, unless there is one already.
  const state::Leg* last = nullptr;
  for (const state::Leg& leg : record.legs) {
    if (leg.connect) continue;
    if (leg.state == "active") return session;
    last = &leg;
  }
  if (last == nullptr || (last->ended() && last->outcome != "default_routed")) return session;
  const v1::Agent& agent = record.facts.agent();
  session.set_notice(policy().message(last->ended() ? "nobody" : "standby",
                                      {agent.languages().begin(), agent.languages().end()},
                                      {.agent = called(agent), .expert = "", .routing_point = last->routing_point}));
  return session;
}

std::string Domain::words(const std::string& message, const std::string& expert, const state::SessionRecord* record,
                          const state::Leg* leg) const {
  Policy::Places places{.agent = "", .expert = expert, .routing_point = ""};
  if (record != nullptr) places.agent = called(record->facts.agent());
  if (leg != nullptr) {
    places.routing_point = leg->routing_point;
    for (const state::Offer& offer : leg->offers) {
      if (offer.expert == expert && !offer.name.empty()) places.expert = offer.name;
    }
  }
  const auto spoken = languages_.find(expert);
  return policy().message(message, spoken == languages_.end() ? std::vector<std::string>() : spoken->second, places);
}

Task<void> Domain::learn_languages(std::vector<std::string> experts) {
  if (policy().languages.size() == 1) co_return;
  const auto views = co_await experts_.views(config_.name, experts);
  if (!views) co_return;  // they are spoken to in the first language
  for (const state::ExpertView& expert : *views) {
    const auto& spoken = expert.directory.languages();
    languages_[expert.id].assign(spoken.begin(), spoken.end());
  }
}

Task<Result<v1::Availability>> Domain::assess(v1::RoutingFacts facts) {
  v1::AssessRequest request;
  request.set_parent(domain_name(config_.name));
  *request.mutable_facts() = std::move(facts);
  auto answer = app::call_peer<v1::AssessResponse, v1::AssessRequest>(
      loop_, "strategy-evaluation", kAdmitTimeout, std::move(request),
      [this](grpc::ClientContext* context, const v1::AssessRequest* sent, v1::AssessResponse* response,
             std::function<void(grpc::Status)> done) {
        strategy_->async()->Assess(context, sent, response, std::move(done));
      });
  const Result<v1::AssessResponse> assessed = co_await answer;
  if (!assessed) co_return assessed.error();
  co_return assessed->availability();
}

void Domain::route(state::LegRef leg, std::optional<v1::RoutingFacts> facts) {
  spawn(route_now(std::move(leg), std::move(facts)));
}

Task<void> Domain::route_now(state::LegRef leg, std::optional<v1::RoutingFacts> facts) {
  v1::RouteRequest request;
  request.set_session(session_name(config_.name, leg.session));
  request.set_leg(leg.leg);
  request.set_leg_version(leg.version);
  if (facts) *request.mutable_facts() = std::move(*facts);
  auto answer = app::call_peer<v1::RouteResponse, v1::RouteRequest>(
      loop_, "strategy-evaluation", kRouteTimeout, std::move(request),
      [this](grpc::ClientContext* context, const v1::RouteRequest* sent, v1::RouteResponse* response,
             std::function<void(grpc::Status)> done) {
        strategy_->async()->Route(context, sent, response, std::move(done));
      });
  const Result<v1::RouteResponse> routed = co_await answer;
  if (!routed) spdlog::warn("session {} leg {}: route: {}", leg.session, leg.leg, routed.error().message);
}

Task<void> Domain::set_watched(std::string session, bool on) {
  const auto done = co_await store_.watch(config_.bridge, session, on);
  if (!done && done.error().reason != v1::ERROR_REASON_UNKNOWN_SESSION) {
    spdlog::warn("session {}: watch: {}", session, done.error().message);
  }
}

Task<Result<Done>> Domain::watch(std::string session, std::shared_ptr<Watcher> watcher) {
  session_watchers_[session].push_back(watcher);
  const auto done = co_await store_.watch(config_.bridge, session, true);
  if (!done) {
    unwatch(session, watcher);
    co_return done.error();
  }
  refresh(session);
  co_return Done{};
}

void Domain::unwatch(const std::string& session, const std::shared_ptr<Watcher>& watcher) {
  const auto it = session_watchers_.find(session);
  if (it == session_watchers_.end()) return;
  std::erase(it->second, watcher);
  if (!it->second.empty()) return;
  session_watchers_.erase(it);
  if (!stopping_) spawn(set_watched(session, false));
}

bool Domain::speaks_for(const std::string& expert, const std::shared_ptr<Watcher>& watcher) const {
  const auto it = desks_.find(expert);
  return it != desks_.end() && std::find(it->second.begin(), it->second.end(), watcher) != it->second.end();
}

Task<Result<std::vector<bool>>> Domain::attach(std::vector<std::string> experts, std::shared_ptr<Watcher> watcher) {
  for (const std::string& expert : experts) {
    if (!speaks_for(expert, watcher)) desks_[expert].push_back(watcher);
  }
  co_await learn_languages(experts);
  auto attached = co_await store_.attach_desk(config_.bridge, experts);
  // A desk comes back as soon as this process listens, which may be before the store is reached.
  for (int tries = 0; !attached && tries < kAttachTries; ++tries) {
    const bool going = co_await loop_.sleep(kAttachAgainMs);
    if (!going || !speaks_for(experts.front(), watcher)) break;
    attached = co_await store_.attach_desk(config_.bridge, experts);
  }
  if (!attached) {
    detach(experts, watcher);
    co_return attached.error();
  }
  std::vector<bool> known;
  for (size_t i = 0; i < attached->size(); ++i) {
    const auto& sessions = attached->at(i);
    known.push_back(sessions.has_value());
    if (!sessions) {
      std::vector<std::string> unknown{experts[i]};
      detach(unknown, watcher);
      continue;
    }
    for (const std::string& session : *sessions) refresh(session);
  }
  spawn(tell_blocks(std::move(experts)));
  co_return known;
}

void Domain::detach(const std::vector<std::string>& experts, const std::shared_ptr<Watcher>& watcher) {
  std::vector<std::string> gone;
  for (const std::string& expert : experts) {
    const auto it = desks_.find(expert);
    if (it == desks_.end()) continue;
    std::erase(it->second, watcher);
    if (!it->second.empty()) continue;
    desks_.erase(it);
    languages_.erase(expert);
    gone.push_back(expert);
  }
  if (!gone.empty() && !stopping_) spawn(detach_now(std::move(gone)));
}

Task<void> Domain::detach_now(std::vector<std::string> experts) {
  const auto done = co_await store_.detach_desk(config_.bridge, experts);
  if (!done) spdlog::warn("domain {}: detach: {}", config_.name, done.error().message);
  // A desk may have come back while this was under way.
  std::vector<std::string> back;
  for (const std::string& expert : experts) {
    if (desks_.contains(expert)) back.push_back(expert);
  }
  if (back.empty()) co_return;
  const auto attached = co_await store_.attach_desk(config_.bridge, back);
  if (!attached) spdlog::warn("domain {}: attach: {}", config_.name, attached.error().message);
}

Task<void> Domain::tell_blocks(std::vector<std::string> experts) {
  const auto blocks = co_await store_.blocks(experts);
  if (!blocks) co_return;
  for (size_t i = 0; i < blocks->size(); ++i) {
    const auto desk = desks_.find(experts[i]);
    if (desk == desks_.end()) continue;
    const Watchers watchers = desk->second;
    for (const auto& watcher : watchers) watcher->expert_blocked(experts[i], blocks->at(i));
  }
}

void Domain::refresh(const std::string& session) {
  const auto [it, first] = refreshing_.try_emplace(session, false);
  if (first) {
    spawn(refresh_now(session));
  } else {
    it->second = true;
  }
}

Task<void> Domain::refresh_later(std::string session) {
  if (!to_refresh_.insert(session).second) co_return;
  co_await loop_.sleep(kMarksTogetherMs);
  to_refresh_.erase(session);
  if (!stopping_) refresh(session);
}

void Domain::tell_typing(const std::string& hint) const {
  const std::vector<std::string> parts = absl::StrSplit(hint, ' ');
  int role = 0;
  if (parts.size() != 4 || !absl::SimpleAtoi(parts[1], &role)) return;
  v1::Typing typing;
  typing.set_author(static_cast<v1::MessageAuthor>(role));
  typing.set_author_id(parts[2]);
  const std::vector<std::string> experts = absl::StrSplit(parts[3], ',', absl::SkipEmpty());
  Watchers found;
  if (const auto it = session_watchers_.find(parts[0]); it != session_watchers_.end()) found = it->second;
  for (const std::string& expert : experts) {
    const auto it = desks_.find(expert);
    if (it == desks_.end()) continue;
    for (const auto& desk : it->second) {
      if (std::find(found.begin(), found.end(), desk) == found.end()) found.push_back(desk);
    }
  }
  for (const auto& watcher : found) watcher->typing(parts[0], experts, typing);
}

Task<void> Domain::keep_pace(std::vector<std::shared_ptr<Watcher>> watchers) {
  const int64_t began = loop_.now_ms();
  std::erase_if(watchers, [](const auto& watcher) { return watcher->keeps_up(); });
  while (!watchers.empty() && !stopping_) {
    if (loop_.now_ms() - began > kPatienceMs) {
      for (const auto& watcher : watchers) watcher->drop();
      co_return;
    }
    const bool going = co_await loop_.sleep(kPaceMs);
    if (!going) co_return;
    std::erase_if(watchers, [](const auto& watcher) { return watcher->keeps_up(); });
  }
}

Domain::Watchers Domain::watchers_of(const state::SessionRecord& record) const {
  Watchers found;
  const auto add = [&found](const Watchers& watchers) {
    for (const auto& watcher : watchers) {
      if (std::find(found.begin(), found.end(), watcher) == found.end()) found.push_back(watcher);
    }
  };
  const auto add_desks = [&](const std::string& expert) {
    const auto it = desks_.find(expert);
    if (it != desks_.end()) add(it->second);
  };
  const auto it = session_watchers_.find(record.id);
  if (it != session_watchers_.end()) add(it->second);
  for (const state::Leg& leg : record.legs) {
    if (!leg.expert.empty()) add_desks(leg.expert);
    for (const state::Offer& offer : leg.offers) add_desks(offer.expert);
  }
  return found;
}

Task<void> Domain::refresh_now(std::string session) {
  while (!time_known_ && !stopping_) {  // deadlines could not be told
    const bool going = co_await loop_.sleep(5);
    if (!going) break;
  }
  while (!stopping_) {
    refreshing_[session] = false;
    const auto record = co_await store_.read(session);
    if (record) {
      const Watchers watchers = watchers_of(*record);
      for (const auto& watcher : watchers) watcher->session_changed(*record);
      // Messages are read once, from where the one who has seen least stands.
      std::string least = record->last_message;
      for (const auto& watcher : watchers) {
        const std::string after = watcher->messages_after(*record);
        if (after != "-" && is_later(least, after)) least = after;
      }
      while (is_later(record->last_message, least)) {
        co_await keep_pace(watchers);
        const auto messages = co_await store_.messages(session, least, kMostMessages);
        if (!messages || messages->empty()) break;
        for (const v1::Message& message : *messages) {
          for (const auto& watcher : watchers) {
            const std::string after = watcher->messages_after(*record);
            if (after != "-" && is_later(message.id(), after)) watcher->message(*record, message);
          }
        }
        least = messages->back().id();
      }
      for (const auto& watcher : watchers) watcher->told(*record);
    } else if (record.error().reason == v1::ERROR_REASON_STORE_UNAVAILABLE) {
      refreshing_[session] = true;
      const bool going = co_await loop_.sleep(50);
      if (!going) break;
    }
    if (!refreshing_[session]) break;
  }
  refreshing_.erase(session);
}

}  // namespace expertline::bridge
