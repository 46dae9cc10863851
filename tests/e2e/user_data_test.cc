// User data travel with the interaction, byte by byte.
#include "e2e/fixture.h"

namespace expertline::test {
namespace {

using Stub = v1::SessionService::Stub;

constexpr size_t kLimit = 16'000;

class UserDataTest : public EndToEnd {
 protected:
  static std::string every_byte() {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
    return bytes;
  }
  // Fills up to exactly `bytes`, keys and values together.
  static void fill(v1::UserData& data, size_t bytes) {
    size_t used = 0;
    for (const auto& [key, value] : data.values()) used += key.size() + value.binary().size();
    (*data.mutable_values())["rest"] = binary_value(std::string(bytes - used - 4, '\xff'));
  }
};

TEST_P(UserDataTest, ArriveAsTheyWereAttached) {
  Desk& ann = expert("ann");
  auto ask = Platform::ask("help");
  auto& attached = *ask.mutable_user_data()->mutable_values();
  attached["topic"] = text_value("Zins für Zürich \xE2\x82\xAC\n\t\"quoted\"");
  attached["amount"] = number_value(-9007199254740993);
  attached["most"] = number_value(std::numeric_limits<int64_t>::max());
  attached["least"] = number_value(std::numeric_limits<int64_t>::min());
  attached["blob"] = binary_value(every_byte());
  attached["empty.text"] = text_value("");
  attached["empty.binary"] = binary_value("");
  attached["customer.address.city\\.of"] = text_value("Bern");
  const std::string session = platform().start(ask).name();
  const auto as_attached = [&](const v1::UserData& data, const std::string& where) {
    for (const auto& [key, value] : attached) {
      ASSERT_TRUE(data.values().contains(key)) << where << " lacks " << key;
      EXPECT_EQ(data.values().at(key).SerializeAsString(), value.SerializeAsString()) << where << " " << key;
      EXPECT_EQ(data.values().at(key).kind_case(), value.kind_case()) << where << " " << key;
    }
  };

  as_attached(platform().get(session).user_data(), "GetSession");
  ann.accept(ann.wait_preview(session).offer());
  as_attached(ann.wait_leg(session, v1::LEG_STATE_ACTIVE).user_data(), "the desk");
  const auto prepared = platform().prepare(session, v1::VOICE_VIA_ROUTING_POINT, v1::CALL_KIND_TRANSFER);
  as_attached(prepared.user_data(), "PrepareVoice");
  auto call = Platform::at("7001");
  call.set_session(session);
  *call.mutable_user_data() = prepared.user_data();
  as_attached(platform().route(call)->wait_routed(ann.expert()).user_data(), "RouteCall");
}

TEST_P(UserDataTest, SixteenThousandBytesAreTakenAndOneMoreIsNot) {
  auto ask = Platform::ask("help");
  fill(*ask.mutable_user_data(), kLimit);
  const std::string session = platform().start(ask).name();
  EXPECT_EQ(platform().get(session).user_data().values().at("rest").binary(),
            ask.user_data().values().at("rest").binary());

  auto more = Platform::ask("help");
  fill(*more.mutable_user_data(), kLimit + 1);
  const auto refused = status_of(platform().stub(), &Stub::StartSession, more);
  EXPECT_THAT(refused, Refused(grpc::StatusCode::INVALID_ARGUMENT, "USER_DATA_TOO_LARGE"));
  EXPECT_EQ(refusal(refused).metadata["limit"], std::to_string(kLimit));
  EXPECT_EQ(refusal(refused).metadata["bytes"], std::to_string(kLimit + 1));
}

TEST_P(UserDataTest, AnUpdateMayNotGrowThemOverTheLimit) {
  auto ask = Platform::ask("help");
  fill(*ask.mutable_user_data(), kLimit);
  const std::string session = platform().start(ask).name();
  v1::UpdateUserDataRequest request;
  request.set_session(session);
  (*request.mutable_set())["x"] = text_value("");
  EXPECT_THAT(status_of(platform().stub(), &Stub::UpdateUserData, request),
              Refused(grpc::StatusCode::INVALID_ARGUMENT, "USER_DATA_TOO_LARGE"));
  EXPECT_FALSE(platform().get(session).user_data().values().contains("x"));
  request.add_delete_("rest");
  EXPECT_TRUE(status_of(platform().stub(), &Stub::UpdateUserData, request).ok()) << "deleting comes first";
}

TEST_P(UserDataTest, KeysAreSetAndDeletedAndTheRevisionGrows) {
  auto ask = Platform::ask("help");
  (*ask.mutable_user_data()->mutable_values())["a"] = text_value("1");
  (*ask.mutable_user_data()->mutable_values())["b"] = text_value("2");
  const std::string session = platform().start(ask).name();
  const int64_t before = platform().get(session).user_data().revision();
  v1::UpdateUserDataRequest request;
  request.set_session(session);
  request.add_delete_("a");
  request.add_delete_("not there");
  (*request.mutable_set())["b"] = number_value(3);
  (*request.mutable_set())["c"] = binary_value(std::string("\0\1", 2));
  const int64_t after = call(platform().stub(), &Stub::UpdateUserData, request).revision();
  EXPECT_GT(after, before);
  const v1::UserData data = platform().get(session).user_data();
  EXPECT_EQ(data.revision(), after);
  EXPECT_FALSE(data.values().contains("a"));
  EXPECT_EQ(data.values().at("b").number(), 3);
  EXPECT_EQ(data.values().at("c").binary(), std::string("\0\1", 2));
}

TEST_P(UserDataTest, IfRevisionGuardsAgainstALostUpdate) {
  const std::string session = platform().start("help").name();
  v1::UpdateUserDataRequest request;
  request.set_session(session);
  (*request.mutable_set())["a"] = text_value("mine");
  const int64_t revision = call(platform().stub(), &Stub::UpdateUserData, request).revision();
  request.set_if_revision(revision);
  (*request.mutable_set())["a"] = text_value("mine again");
  const int64_t next = call(platform().stub(), &Stub::UpdateUserData, request).revision();
  (*request.mutable_set())["a"] = text_value("late");
  const auto refused = status_of(platform().stub(), &Stub::UpdateUserData, request);
  EXPECT_THAT(refused, Refused(grpc::StatusCode::ABORTED, "REVISION_MISMATCH"));
  EXPECT_EQ(refusal(refused).metadata["expected"], std::to_string(revision));
  EXPECT_EQ(refusal(refused).metadata["actual"], std::to_string(next));
  EXPECT_EQ(platform().get(session).user_data().values().at("a").text(), "mine again");
}

TEST_P(UserDataTest, AChangeReachesTheDeskOfTheExpert) {
  Desk& ann = expert("ann");
  const std::string session = accepted(ann).name();
  v1::UpdateUserDataRequest request;
  request.set_session(session);
  (*request.mutable_set())["later"] = text_value("now");
  call(platform().stub(), &Stub::UpdateUserData, request);
  const auto prepared = platform().prepare(session, v1::VOICE_VIA_DIRECT, v1::CALL_KIND_TRANSFER);
  EXPECT_EQ(prepared.user_data().values().at("later").text(), "now");
  EXPECT_EQ(ann.wait_leg(session, v1::LEG_STATE_HELD, prepared.leg()).user_data().values().at("later").text(), "now");
}

EXPERTLINE_IN_ALL_SHAPES(UserDataTest);

}  // namespace
}  // namespace expertline::test
