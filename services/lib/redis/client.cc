#include "redis/client.h"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <spdlog/spdlog.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <hiredis/adapters/libuv.h>
#pragma GCC diagnostic pop

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "redis/metrics.h"

namespace expertline::redis {
namespace {

constexpr uint64_t kFirstBackoffMs = 10;
constexpr uint64_t kMostBackoffMs = 500;
constexpr uint64_t kCheckMs = 100;

// From the environment alone, so that no command line and no file shows the password. Empty: Redis asks for none.
Command authentication() {
  const char* password = std::getenv("EXPERTLINE_REDIS_PASSWORD");
  if (password == nullptr || *password == '\0') return {};
  const char* user = std::getenv("EXPERTLINE_REDIS_USERNAME");
  if (user == nullptr || *user == '\0') return {"AUTH", password};
  return {"AUTH", user, password};
}

Reply copy(const redisReply& from) {
  Reply reply;
  switch (from.type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      reply.type = Reply::Type::string;
      reply.text.assign(from.str, static_cast<size_t>(from.len));
      break;
    case REDIS_REPLY_ERROR:
      reply.type = Reply::Type::error;
      reply.text.assign(from.str, static_cast<size_t>(from.len));
      break;
    case REDIS_REPLY_INTEGER:
      reply.type = Reply::Type::integer;
      reply.integer = from.integer;
      break;
    case REDIS_REPLY_ARRAY:
      reply.type = Reply::Type::array;
      reply.elements.reserve(from.elements);
      for (size_t i = 0; i < from.elements; ++i) reply.elements.push_back(copy(*from.element[i]));
      break;
    default:
      reply.type = Reply::Type::nil;
  }
  return reply;
}

}  // namespace

// What waits for one answer. hiredis hands it back exactly once, with a null reply if the connection went.
struct Client::Pending {
  Client* client;
  uint64_t generation;
  std::function<void(Reply)> on_reply;
  Measured& measured;
  uint64_t sent_ns;
};

struct Client::Measured {
  prometheus::Counter &ok, &error, &lost;
  prometheus::Histogram* duration;  // null: it blocks on purpose
  prometheus::Gauge& depth;

  void answered(const Reply& reply, uint64_t sent_ns) {
    depth.Decrement();
    (reply.lost() ? lost : reply.error() ? error : ok).Increment();
    if (duration != nullptr && !reply.lost()) duration->Observe(static_cast<double>(uv_hrtime() - sent_ns) * 1e-9);
  }
};

// FCALL by the name of its function.
Client::Measured& Client::measured(const Command& command) {
  std::string name = command.front();
  if (name == "FCALL" && command.size() > 1) {
    name = command[1];
  } else {
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
  }
  std::unique_ptr<Measured>& known = measured_[name];
  if (!known) {
    const bool blocks = std::find(command.begin(), command.end(), "BLOCK") != command.end();
    known = std::make_unique<Measured>(Measured{.ok = commands.at({name, "ok"}),
                                                .error = commands.at({name, "error"}),
                                                .lost = commands.at({name, "lost"}),
                                                .duration = blocks ? nullptr : &command_duration.at({name}),
                                                .depth = pipeline_depth.at({options_.name})});
  }
  return *known;
}

void Client::set_ready(bool ready) {
  if (ready == ready_) return;
  ready_ = ready;
  prometheus::Gauge& up = connections.at({options_.name});
  if (ready) {
    up.Increment();
  } else {
    up.Decrement();
    if (!stopped_) connections_lost.at({options_.name}).Increment();
  }
}

Client::Client(app::Loop& loop, Options options) : loop_(loop), options_(std::move(options)) {
  if (auto command = authentication(); !command.empty()) {
    options_.on_connect.insert(options_.on_connect.begin(), std::move(command));
  }
}

Client::~Client() { stop(); }

void Client::start() {
  stopped_ = false;
  connections_wanted.at({options_.name}).Increment();
  connections.at({options_.name});
  connections_lost.at({options_.name});
  connect();
  check_time();
}

void Client::stop() {
  if (stopped_) return;
  stopped_ = true;
  connections_wanted.at({options_.name}).Decrement();
  loop_.cancel(timer_);
  drop();
}

void Client::connect() {
  if (stopped_) return;
  constexpr std::string_view unix_prefix = "unix:";
  if (options_.address.starts_with(unix_prefix)) {
    context_ = redisAsyncConnectUnix(options_.address.c_str() + unix_prefix.size());
  } else {
    const size_t colon = options_.address.rfind(':');
    const std::string host = options_.address.substr(0, colon);
    const int port = colon == std::string::npos ? 6379 : std::atoi(options_.address.c_str() + colon + 1);
    context_ = redisAsyncConnect(host.c_str(), port);
  }
  ++generation_;
  if (context_ == nullptr || context_->err != 0) {
    if (context_ != nullptr) redisAsyncFree(context_);
    context_ = nullptr;
    connect_later();
    return;
  }
  context_->data = this;
  redisLibuvAttach(context_, loop_.uv());
  redisAsyncSetConnectCallback(context_, [](const redisAsyncContext* context, int status) {
    auto* self = static_cast<Client*>(context->data);
    if (self == nullptr) return;
    if (status == REDIS_OK) {
      self->greet();
    } else {
      self->context_ = nullptr;  // hiredis frees it
      self->sent_at_.clear();
      self->connect_later();
    }
  });
  redisAsyncSetDisconnectCallback(context_, [](const redisAsyncContext* context, int) {
    auto* self = static_cast<Client*>(context->data);
    if (self == nullptr) return;
    spdlog::warn("store: the connection was lost; a new one is being made");
    self->context_ = nullptr;  // hiredis frees it
    self->set_ready(false);
    self->sent_at_.clear();
    self->connect_later();
  });
}

void Client::connect_later() {
  if (stopped_) return;
  backoff_ms_ = std::clamp(backoff_ms_ * 2, kFirstBackoffMs, kMostBackoffMs);
  loop_.after(backoff_ms_, [this, generation = generation_] {
    if (generation == generation_ && context_ == nullptr) connect();
  });
}

void Client::greet() {
  if (options_.on_connect.empty()) {
    set_ready(true);
    backoff_ms_ = 0;
    return;
  }
  auto left = std::make_shared<size_t>(options_.on_connect.size());
  for (const Command& command : options_.on_connect) {
    submit(command, [this, left, generation = generation_](const Reply& reply) {
      if (generation != generation_ || reply.lost()) return;
      if (reply.error()) {
        // Such as LOADING while Redis reads its file.
        spdlog::warn("store: not ready: {}", reply.text);
        drop();
        return;
      }
      if (--*left == 0) {
        set_ready(true);
        backoff_ms_ = 0;
      }
    });
  }
}

void Client::drop() {
  set_ready(false);
  if (context_ == nullptr) return;
  redisAsyncContext* context = context_;
  context_ = nullptr;
  context->data = nullptr;
  redisAsyncFree(context);  // answers everything with a null reply
  sent_at_.clear();
  connect_later();
}

void Client::check_time() {
  if (!sent_at_.empty() && loop_.now_ms() - sent_at_.front() > static_cast<int64_t>(options_.timeout_ms)) {
    spdlog::warn("store: no answer for {} ms; the connection is dropped", options_.timeout_ms);
    drop();
  }
  if (!stopped_) timer_ = loop_.after(kCheckMs, [this] { check_time(); });
}

void Client::submit(const Command& command, std::function<void(Reply)> on_reply) {
  std::vector<const char*> parts;
  std::vector<size_t> lengths;
  parts.reserve(command.size());
  lengths.reserve(command.size());
  for (const std::string& part : command) {
    parts.push_back(part.data());
    lengths.push_back(part.size());
  }
  Measured& of_name = measured(command);
  of_name.depth.Increment();
  auto* pending = new Pending{this, generation_, std::move(on_reply), of_name, uv_hrtime()};
  const int status = redisAsyncCommandArgv(
      context_,
      [](redisAsyncContext*, void* raw, void* data) {
        const std::unique_ptr<Pending> answered(static_cast<Pending*>(data));
        Client& client = *answered->client;
        Reply reply = raw == nullptr ? Reply{} : copy(*static_cast<redisReply*>(raw));
        answered->measured.answered(reply, answered->sent_ns);
        if (raw != nullptr && answered->generation == client.generation_ && !client.sent_at_.empty()) {
          client.sent_at_.pop_front();
        }
        answered->on_reply(std::move(reply));
      },
      pending, static_cast<int>(parts.size()), parts.data(), lengths.data());
  if (status != REDIS_OK) {
    const std::unique_ptr<Pending> refused(pending);
    of_name.answered(Reply{}, pending->sent_ns);
    refused->on_reply(Reply{});
    return;
  }
  sent_at_.push_back(loop_.now_ms());
}

void Client::send(const Command& command, std::function<void(Reply)> on_reply) {
  if (!ready_) {
    on_reply(Reply{});
    return;
  }
  submit(command, std::move(on_reply));
}

Callback<Reply> Client::call(Command command) {
  return Callback<Reply>(
      [this, command = std::move(command)](const Callback<Reply>::Done& done) { send(command, done); });
}

Task<bool> Client::until_connected() {
  while (!ready_) {
    const bool going = co_await loop_.sleep(5);
    if (!going) co_return false;
  }
  co_return true;
}

}  // namespace expertline::redis
