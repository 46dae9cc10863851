#include "expertline/demo/desk.h"

#include <fmt/format.h>

#include <chrono>

#include "expertline/terminal/words.h"

namespace expertline::cli {
namespace {

std::string describe_event(const v1::DeskResponse& event) { return event.ShortDebugString(); }

bool same(const v1::OfferRef& a, const v1::OfferRef& b) {
  return a.session() == b.session() && a.leg() == b.leg() && a.n() == b.n();
}

}  // namespace

DemoDesk::DemoDesk(Connection& connection, Script& script)
    : script_(script),
      parent_(connection.parent()),
      run_(fmt::format("{:x}", std::chrono::system_clock::now().time_since_epoch().count())) {
  stream_ = Stream::open([&](auto* context, auto* reactor) { connection.desks().async()->Desk(context, reactor); },
                         [events = events_](const v1::DeskResponse& event) { events->put(event); },
                         [events = events_](const grpc::Status& status) { events->end(describe(status)); });
}

DemoDesk::~DemoDesk() { stream_->cancel(); }

v1::DeskResult DemoDesk::ask(v1::DeskRequest request, const std::string& what) {
  const std::string id = fmt::format("demo-{}-{}", run_, ++requests_);
  request.set_request_id(id);
  stream_->send(std::move(request));
  const auto event = events_->take(
      script_, what, [&](const v1::DeskResponse& e) { return e.has_result() && e.result().request_id() == id; },
      describe_event);
  const v1::DeskResult& result = event.result();
  script_.expect(result.code() == 0, what,
                 fmt::format("code {} {}: {}", result.code(), result.reason(), result.message()));
  return result;
}

void DemoDesk::attach(const std::vector<std::string>& experts) {
  v1::DeskRequest request;
  request.mutable_attach()->set_parent(parent_);
  for (const auto& expert : experts) request.mutable_attach()->add_experts(expert);
  ask(std::move(request), "the desk is attached");
}

v1::Preview DemoDesk::preview(const std::string& session) {
  return events_
      ->take(
          script_, "a preview on an expert's desk",
          [&](const v1::DeskResponse& e) { return e.has_preview() && e.preview().offer().session() == session; },
          describe_event)
      .preview();
}

void DemoDesk::accept(const v1::Preview& preview) {
  v1::DeskRequest request;
  *request.mutable_accept()->mutable_offer() = preview.offer();
  const auto result = ask(std::move(request), "the accept is taken");
  script_.expect(result.outcome() == v1::OFFER_OUTCOME_ACCEPTED, "the offer is accepted", word(result.outcome()));
}

void DemoDesk::decline(const v1::Preview& preview, const std::string& reason) {
  v1::DeskRequest request;
  *request.mutable_decline()->mutable_offer() = preview.offer();
  request.mutable_decline()->set_reason(reason);
  const auto result = ask(std::move(request), "the decline is taken");
  script_.expect(result.outcome() == v1::OFFER_OUTCOME_DECLINED, "the offer is declined", word(result.outcome()));
}

void DemoDesk::closed(const v1::Preview& preview, v1::OfferOutcome outcome) {
  const std::string expected = "the preview vanishes as " + word(outcome);
  const auto event = events_->take(
      script_, expected,
      [&](const v1::DeskResponse& e) {
        return e.has_offer_closed() && same(e.offer_closed().offer(), preview.offer());
      },
      describe_event);
  script_.expect(event.offer_closed().outcome() == outcome, expected, word(event.offer_closed().outcome()));
}

v1::LegUpdate DemoDesk::leg(const std::string& session, const std::string& leg_id, v1::LegState state) {
  return events_
      ->take(
          script_, fmt::format("the expert's leg {} is {}", leg_id, word(state)),
          [&](const v1::DeskResponse& e) {
            return e.has_leg_update() && e.leg_update().session() == session && e.leg_update().leg().id() == leg_id &&
                   e.leg_update().leg().state() == state;
          },
          describe_event)
      .leg_update();
}

void DemoDesk::write(const std::string& session, const std::string& expert, const std::string& text) {
  v1::DeskRequest request;
  request.mutable_send_message()->set_session(session);
  request.mutable_send_message()->set_expert(expert);
  request.mutable_send_message()->set_text(text);
  ask(std::move(request), "the expert's message is taken");
}

void DemoDesk::read(const std::string& session, v1::MessageAuthor author, const std::string& text) {
  events_->take(
      script_, fmt::format("the expert reads \"{}\"", text),
      [&](const v1::DeskResponse& e) {
        return e.has_message() && e.message().session() == session && e.message().message().author() == author &&
               e.message().message().text() == text;
      },
      describe_event);
}

}  // namespace expertline::cli
