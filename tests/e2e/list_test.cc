// Reading sessions and experts, page by page.
#include "e2e/fixture.h"

namespace expertline::test {
namespace {

class Lists : public EndToEnd {};

std::vector<std::string> names(const std::vector<v1::Session>& sessions) {
  std::vector<std::string> all;
  for (const auto& session : sessions) all.push_back(session.name());
  return all;
}

TEST_P(Lists, SessionsComeNewestFirstPageByPage) {
  std::vector<std::string> begun;
  for (int i = 0; i < 7; ++i) begun.insert(begun.begin(), platform().start("help").name());
  EXPECT_EQ(names(platform().list(v1::SESSION_STATE_OPEN, 3)), begun);
  EXPECT_EQ(names(platform().list(v1::SESSION_STATE_OPEN, 7)), begun);
  platform().end(begun[3]);
  EXPECT_EQ(names(platform().list(v1::SESSION_STATE_ENDED))[0], begun[3]);
  begun.erase(begun.begin() + 3);
  EXPECT_EQ(names(platform().list(v1::SESSION_STATE_OPEN, 2)), begun);
}

TEST_P(Lists, UserDataAreNotInLists) {
  auto ask = Platform::ask("help");
  (*ask.mutable_user_data()->mutable_values())["a"] = text_value("secret");
  platform().start(ask);
  EXPECT_EQ(platform().list(v1::SESSION_STATE_OPEN)[0].user_data().values_size(), 0);
}

TEST_P(Lists, ASessionBegunBetweenTwoPagesIsNotMissedForIt) {
  std::vector<std::string> begun;
  for (int i = 0; i < 4; ++i) begun.insert(begun.begin(), platform().start("help").name());
  v1::ListSessionsRequest request;
  request.set_parent("domains/main");
  request.set_page_size(2);
  request.set_state(v1::SESSION_STATE_OPEN);
  const auto first = call(platform().stub(), &v1::SessionService::Stub::ListSessions, request);
  platform().start("help");
  request.set_page_token(first.next_page_token());
  const auto second = call(platform().stub(), &v1::SessionService::Stub::ListSessions, request);
  ASSERT_EQ(second.sessions_size(), 2);
  EXPECT_EQ(second.sessions(0).name(), begun[2]);
  EXPECT_EQ(second.sessions(1).name(), begun[3]);
}

TEST_P(Lists, AFilterChoosesWhateverAConditionCanSay) {
  Desk& ann = expert("ann");
  v1::StartSessionRequest ask = Platform::ask("help");
  ask.mutable_agent()->set_site("Berlin");
  ask.mutable_interaction()->set_case_key("case-" + ask.interaction().id());
  const std::string talking = platform().start(ask).name();
  ann.accept(ann.wait_preview(talking).offer());
  platform().wait_leg(talking, "im", v1::LEG_STATE_ACTIVE);
  const std::string over = platform().start("help").name();
  ann.wait_preview(over);
  platform().end(over);

  const auto chosen = [&](const std::string& filter, v1::SessionState state = v1::SESSION_STATE_UNSPECIFIED) {
    v1::ListSessionsRequest request;
    request.set_parent("domains/main");
    request.set_state(state);
    request.set_filter(filter + " && interaction.id in ['" + ask.interaction().id() + "', '" +
                       platform().get(over).interaction().id() + "']");
    std::vector<std::string> all;
    do {
      const auto page = call(platform().stub(), &v1::SessionService::Stub::ListSessions, request);
      for (const auto& session : page.sessions()) all.push_back(session.name());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return all;
  };
  EXPECT_EQ(chosen("true"), (std::vector{over, talking}));
  EXPECT_EQ(chosen("state == 'open'"), std::vector{talking});
  EXPECT_EQ(chosen("true", v1::SESSION_STATE_ENDED), std::vector{over});
  EXPECT_EQ(chosen("outcome == 'canceled'"), std::vector{over});
  EXPECT_EQ(chosen("agent.site == 'Berlin' && '" + ann.expert() + "' in experts && 'help' in routing_points"),
            std::vector{talking});
  EXPECT_EQ(chosen("interaction.case_key.startsWith('case-') && 'im' in media && !waiting"), std::vector{talking});
  EXPECT_EQ(chosen("now - create_time < duration('1h') && end_time > create_time"), std::vector{over});

  v1::ListSessionsRequest request;
  request.set_parent("domains/main");
  request.set_expert(ann.expert());
  const auto his = call(platform().stub(), &v1::SessionService::Stub::ListSessions, request);
  EXPECT_EQ(names({his.sessions().begin(), his.sessions().end()}), (std::vector{over, talking}))
      << "where he was asked";
  request.clear_expert();
  request.set_agent(ask.agent().id());
  const auto theirs = call(platform().stub(), &v1::SessionService::Stub::ListSessions, request);
  EXPECT_EQ(names({theirs.sessions().begin(), theirs.sessions().end()}), std::vector{talking});
}

TEST_P(Lists, ABadFilterSaysWhereItIsWrong) {
  v1::ListSessionsRequest request;
  request.set_parent("domains/main");
  request.set_filter("agent.age > 3");
  const grpc::Status status = status_of(platform().stub(), &v1::SessionService::Stub::ListSessions, request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
  EXPECT_NE(status.error_message().find("agent.age"), std::string::npos) << status.error_message();
}

TEST_P(Lists, ExpertsComeByIdPageByPage) {
  std::vector<std::string> entered;
  for (const auto* name : {"c", "a", "b", "d", "e"}) entered.push_back(enter(std::string("listed-") + name));
  std::sort(entered.begin(), entered.end());
  v1::ListExpertsRequest request;
  request.set_parent("domains/main");
  request.set_page_size(2);
  std::vector<std::string> listed;
  do {
    const auto page = call(directory().stub(), &v1::ExpertService::Stub::ListExperts, request);
    EXPECT_LE(page.experts_size(), 2);
    for (const auto& expert : page.experts()) listed.push_back(id_of(expert.name()));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(listed, entered);
}

EXPERTLINE_IN_ALL_SHAPES(Lists);

}  // namespace
}  // namespace expertline::test
