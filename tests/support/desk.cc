#include "support/desk.h"

namespace expertline::test {

struct Desk::Connection {
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReaderWriter<v1::DeskRequest, v1::DeskResponse>> stream;
};

std::string describe(const v1::OfferRef& offer) {
  return offer.session() + " " + offer.leg() + " " + std::to_string(offer.n());
}

Desk::Desk(const std::string& target, std::vector<std::string> experts, Script script)
    : stub_(v1::DeskService::NewStub(connect(target))), experts_(std::move(experts)), script_(std::move(script)) {
  writer_ = std::thread([this] { write(); });
  reader_ = std::thread([this] { read(); });
  try {
    const auto attached = events_.wait_for("the experts are attached", [](const v1::DeskResponse& told) {
      return told.result().request_id() == "attach";
    });
    if (attached.result().code() != 0) throw std::runtime_error("attach: " + attached.ShortDebugString());
  } catch (...) {
    close();
    throw;
  }
}

Desk::~Desk() { close(); }

void Desk::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    if (connection_) connection_->context.TryCancel();
    changed_.notify_all();
  }
  if (reader_.joinable()) reader_.join();
  if (writer_.joinable()) writer_.join();
}

void Desk::read() {
  grpc::Status status;
  while (true) {
    auto connection = std::make_shared<Connection>();
    connection->context.set_wait_for_ready(true);
    connection->stream = stub_->Desk(&connection->context);
    {
      const std::lock_guard lock(mutex_);
      if (closing_) {
        connection->context.TryCancel();
      } else {
        connection_ = connection;
        to_write_.clear();
        v1::DeskRequest attach;
        attach.set_request_id("attach");
        attach.mutable_attach()->set_parent("domains/main");
        for (const std::string& expert : experts_) attach.mutable_attach()->add_experts(expert);
        for (const v1::DeskResponse& told : events_.all()) {
          if (!told.has_message()) continue;
          const std::string& session = told.message().session();
          const std::string id = session.substr(session.rfind('/') + 1);
          (*attach.mutable_attach()->mutable_after_messages())[id] = told.message().message().id();
        }
        to_write_.push_back(attach);
        for (const auto& [order, request] : unanswered_) to_write_.push_back(request);
        changed_.notify_all();
      }
    }
    v1::DeskResponse response;
    while (connection->stream->Read(&response)) see(response);
    {
      // The writer must be off the stream before Finish.
      std::unique_lock lock(mutex_);
      connection_.reset();
      changed_.notify_all();
      changed_.wait(lock, [&] { return connection.use_count() == 1; });
    }
    status = connection->stream->Finish();
    const std::lock_guard lock(mutex_);
    if (closing_ || status.error_code() != grpc::StatusCode::UNAVAILABLE) break;
  }
  events_.close(describe(status));
}

void Desk::write() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return closing_ || (connection_ && !to_write_.empty()); });
    if (closing_) return;
    auto connection = connection_;
    const v1::DeskRequest request = std::move(to_write_.front());
    to_write_.pop_front();
    lock.unlock();
    // If the stream is broken the request stays among the unanswered and is sent on the next one.
    connection->stream->Write(request);
    lock.lock();
    connection.reset();
    changed_.notify_all();
  }
}

void Desk::see(const v1::DeskResponse& response) {
  if (response.has_result()) {
    const std::lock_guard lock(mutex_);
    std::erase_if(unanswered_, [&](const auto& each) {
      // What the bridge could not decide is asked again.
      const bool open = response.result().code() == grpc::StatusCode::UNAVAILABLE;
      if (each.second.request_id() != response.result().request_id()) return false;
      if (open) to_write_.push_back(each.second);
      return !open;
    });
    changed_.notify_all();
  }
  if (response.has_preview() && !seen_offers_.insert(describe(response.preview().offer())).second) return;
  events_.push(response);
  if (script_) script_(*this, response);
}

std::string Desk::post(v1::DeskRequest request) {
  const std::lock_guard lock(mutex_);
  if (request.request_id().empty()) request.set_request_id(new_id());
  unanswered_[next_++] = request;
  if (connection_) to_write_.push_back(request);
  changed_.notify_all();
  return request.request_id();
}

v1::DeskResult Desk::request(v1::DeskRequest request) {
  const std::string id = post(std::move(request));
  return events_
      .wait_for("result of " + id,
                [&](const v1::DeskResponse& told) {
                  return told.has_result() && told.result().request_id() == id &&
                         told.result().code() != grpc::StatusCode::UNAVAILABLE;
                })
      .result();
}

v1::DeskRequest Desk::accepting(const v1::OfferRef& offer) {
  v1::DeskRequest request;
  *request.mutable_accept()->mutable_offer() = offer;
  return request;
}

v1::DeskRequest Desk::declining(const v1::OfferRef& offer, const std::string& reason) {
  v1::DeskRequest request;
  *request.mutable_decline()->mutable_offer() = offer;
  request.mutable_decline()->set_reason(reason);
  return request;
}

v1::DeskRequest Desk::saying(const std::string& session, const std::string& expert, const std::string& text) {
  v1::DeskRequest request;
  request.mutable_send_message()->set_session(session);
  request.mutable_send_message()->set_expert(expert);
  request.mutable_send_message()->set_text(text);
  return request;
}

v1::DeskRequest Desk::ending(const std::string& session, const std::string& leg, const std::string& expert) {
  v1::DeskRequest request;
  request.mutable_end_leg()->set_session(session);
  request.mutable_end_leg()->set_leg(leg);
  request.mutable_end_leg()->set_expert(expert);
  return request;
}

v1::DeskResult Desk::accept(const v1::OfferRef& offer) { return request(accepting(offer)); }
v1::DeskResult Desk::decline(const v1::OfferRef& offer, const std::string& reason) {
  return request(declining(offer, reason));
}
v1::DeskResult Desk::say(const std::string& session, const std::string& text) {
  return request(saying(session, expert(), text));
}
v1::DeskResult Desk::end_leg(const std::string& session, const std::string& leg) {
  return request(ending(session, leg, expert()));
}

v1::Preview Desk::wait_preview(const std::string& session, const std::string& leg) const {
  return events_
      .wait_for("preview of " + session + " " + leg,
                [&](const v1::DeskResponse& told) {
                  return told.has_preview() && told.preview().offer().session() == session &&
                         told.preview().offer().leg() == leg;
                })
      .preview();
}

v1::OfferClosed Desk::wait_closed(const v1::OfferRef& offer) const {
  return events_
      .wait_for("end of offer " + describe(offer),
                [&](const v1::DeskResponse& told) {
                  return told.has_offer_closed() && describe(told.offer_closed().offer()) == describe(offer);
                })
      .offer_closed();
}

v1::LegUpdate Desk::wait_leg(const std::string& session, v1::LegState state, const std::string& leg) const {
  return events_
      .wait_for("leg " + leg + " of " + session + " is " + v1::LegState_Name(state),
                [&](const v1::DeskResponse& told) {
                  return told.has_leg_update() && told.leg_update().session() == session &&
                         told.leg_update().leg().id() == leg && told.leg_update().leg().state() == state;
                })
      .leg_update();
}

v1::Message Desk::wait_message(const std::string& session, const std::string& text) const {
  return events_
      .wait_for("message '" + text + "'",
                [&](const v1::DeskResponse& told) {
                  return told.has_message() && told.message().session() == session &&
                         told.message().message().text() == text;
                })
      .message()
      .message();
}

size_t Desk::previews(const std::string& session) const {
  return events_.count(
      [&](const v1::DeskResponse& told) { return told.has_preview() && told.preview().offer().session() == session; });
}

}  // namespace expertline::test
