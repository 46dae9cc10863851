// What is said in a conversation, and told beside it, on a real Redis: functions/conversation.lua.
#include "store_fixture.h"

namespace expertline::state {
namespace {

using testing::ElementsAre;

class Words : public StoreTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(run<Result<bool>>([&] { return store_->renew_bridge("b", true); }).ok());  // or it gets no hints
    add("ann");
    add("bob");
    ASSERT_TRUE(offer("s", "ann"));
    ASSERT_EQ(answer("s", "ann", "accepted").outcome, "accepted");
  }
  Result<std::string> say(const v1::Message& message, const Request& request = {}) {
    return run<Result<std::string>>([&] { return store_->say("s", message, request); });
  }
  std::string say(const std::string& text) {
    v1::Message message;
    message.set_author(v1::MESSAGE_AUTHOR_AGENT);
    message.set_author_id("agent");
    message.set_text(text);
    return *say(message);
  }
  std::vector<v1::Message> all(const std::string& session = "s") {
    return *run<Result<std::vector<v1::Message>>>([&] { return store_->messages(session, "", 100); });
  }
  Result<Done> mark(v1::MessageAuthor role, const std::string& id, const std::string& delivered,
                    const std::string& read) {
    return run<Result<Done>>([&] { return store_->mark("s", role, id, delivered, read); });
  }
  Result<Done> typing(v1::MessageAuthor role, const std::string& id) {
    return run<Result<Done>>([&] { return store_->typing("s", role, id); });
  }
  // "delivered read" of somebody.
  std::string seen(v1::MessageAuthor role, const std::string& id) {
    const Seen seen = read("s").seen[{role, id}];
    return seen.delivered + " " + seen.read;
  }
  // What the bridge was told last: kind and content.
  std::vector<std::string> last_hint() {
    const redis::Reply all = loop_->ask({"XREVRANGE", "{d}:out:b", "+", "-", "COUNT", "1"});
    const auto& fields = all.elements.at(0).elements.at(1).elements;
    return {fields.at(0).text, fields.at(1).text};
  }
};

TEST_F(Words, AFileComesBackByteByByte) {
  std::string bytes(64 * 1024, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + i / 256);
  v1::Message message;
  message.set_author(v1::MESSAGE_AUTHOR_EXPERT);
  message.set_author_id("ann");
  message.mutable_file()->set_name("a.bin");
  message.mutable_file()->set_media_type("application/pdf");
  message.mutable_file()->set_content(bytes);
  message.set_preset("hello");
  const Request request{.id = "r1", .payload_hash = "h"};
  const auto id = say(message, request);
  ASSERT_TRUE(id.ok()) << id.error().message;
  EXPECT_EQ(*say(message, request), *id);  // the same request again
  ASSERT_EQ(all().size(), 1U);
  EXPECT_EQ(all()[0].file().content(), bytes);
  EXPECT_EQ(all()[0].file().name(), "a.bin");
  EXPECT_EQ(all()[0].preset(), "hello");
  EXPECT_EQ(all()[0].author_id(), "ann");
}

TEST_F(Words, MarksNeverGoBackNorBeyondTheLastMessage) {
  const std::string first = say("one");
  const std::string second = say("two");
  const int64_t version = read("s").version;
  ASSERT_TRUE(mark(v1::MESSAGE_AUTHOR_EXPERT, "ann", second, first).ok());
  EXPECT_EQ(seen(v1::MESSAGE_AUTHOR_EXPERT, "ann"), second + " " + first);
  EXPECT_EQ(read("s").version, version + 1);
  EXPECT_THAT(last_hint(), ElementsAre("k", "s"));
  // Late, twice and without news: nothing changes.
  ASSERT_TRUE(mark(v1::MESSAGE_AUTHOR_EXPERT, "ann", first, "").ok());
  ASSERT_TRUE(mark(v1::MESSAGE_AUTHOR_EXPERT, "ann", second, first).ok());
  ASSERT_TRUE(mark(v1::MESSAGE_AUTHOR_EXPERT, "ann", "", "").ok());
  EXPECT_EQ(read("s").version, version + 1);
  // What is read is delivered; what is not there yet is not.
  ASSERT_TRUE(mark(v1::MESSAGE_AUTHOR_AGENT, "", "", "99999999999999-0").ok());
  EXPECT_EQ(seen(v1::MESSAGE_AUTHOR_AGENT, "agent"), second + " " + second);
}

TEST_F(Words, MarksAndTypingAreOfThoseInTheConversation) {
  const std::string id = say("one");
  const auto refused = mark(v1::MESSAGE_AUTHOR_EXPERT, "bob", id, id);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason, v1::ERROR_REASON_WRONG_STATE);
  EXPECT_EQ(typing(v1::MESSAGE_AUTHOR_EXPERT, "bob").error().reason, v1::ERROR_REASON_WRONG_STATE);
  EXPECT_EQ(typing(v1::MESSAGE_AUTHOR_SUPERVISOR, "ida").error().reason, v1::ERROR_REASON_WRONG_STATE);
}

TEST_F(Words, TypingIsToldOnceASecondAndLeavesNothing) {
  const int64_t version = read("s").version;
  const auto hints = [this] { return loop_->ask({"XLEN", "{d}:out:b"}).integer; };
  const int64_t before = hints();
  ASSERT_TRUE(typing(v1::MESSAGE_AUTHOR_AGENT, "").ok());
  EXPECT_THAT(last_hint(), ElementsAre("t", "s 1 agent ann"));
  ASSERT_TRUE(typing(v1::MESSAGE_AUTHOR_AGENT, "").ok());
  EXPECT_EQ(hints(), before + 1);
  ASSERT_TRUE(typing(v1::MESSAGE_AUTHOR_EXPERT, "ann").ok());
  EXPECT_THAT(last_hint(), ElementsAre("t", "s 2 ann ann"));
  EXPECT_EQ(read("s").version, version);
  EXPECT_TRUE(all().empty());
}

TEST_F(Words, TheConversationGoesBeforeTheSessionIfThePolicySaysSo) {
  say("one");
  loop_->ask({"HSET", "{d}:clock", "words", std::to_string(kMinute)});
  cancel("s");
  EXPECT_EQ(all().size(), 1U);
  pass(kMinute);
  EXPECT_TRUE(all().empty());
  EXPECT_FALSE(read("s").open);
  EXPECT_EQ(read("s").last_message, "");
}

}  // namespace
}  // namespace expertline::state
