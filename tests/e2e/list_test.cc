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
