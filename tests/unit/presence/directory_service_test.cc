// The directory over the API: experts are made, changed, listed, imported.
#include <google/protobuf/util/message_differencer.h>

#include <fstream>

#include "service_fixture.h"

namespace expertline::presence {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(PresenceServiceTest, AnExpertIsReadAsHeWasCreated) {
  const v1::Expert created = create("ann");
  EXPECT_EQ(created.state(), v1::EXPERT_STATE_ACTIVE);
  EXPECT_EQ(created.revision(), 1);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(created, get("ann")));
}

TEST_F(PresenceServiceTest, CreatingHasItsRefusals) {
  const auto reason = [this](const v1::CreateExpertRequest& request) {
    return test::refusal(test::status_of(*replica_->experts, &Experts::CreateExpert, request));
  };
  v1::CreateExpertRequest request = creation("ann");
  request.set_parent("domains/nowhere");
  EXPECT_EQ(reason(request).reason, "UNKNOWN_DOMAIN");
  request.set_parent("domains/other");
  EXPECT_EQ(reason(request).reason, "INVALID_FIELD");
  request = creation("a{nn}");
  EXPECT_EQ(reason(request).metadata["field"], "expert.name");
  request = creation("");
  EXPECT_EQ(reason(request).metadata["field"], "expert.name");
  request = creation("ann");
  (*request.mutable_expert()->mutable_skills())["x"] = 9;
  EXPECT_EQ(reason(request).metadata["field"], "expert.skills[x]");
  EXPECT_EQ(reason(request).code, grpc::StatusCode::INVALID_ARGUMENT);
  request = creation("ann");
  request.set_validate_only(true);
  EXPECT_EQ(reason(request).code, grpc::StatusCode::OK);
  request.set_validate_only(false);
  request.set_request_id("one");
  EXPECT_EQ(reason(request).code, grpc::StatusCode::OK);
  EXPECT_EQ(reason(request).code, grpc::StatusCode::OK) << "the same request again";
  request.mutable_expert()->set_site("bern");
  EXPECT_EQ(reason(request).reason, "REQUEST_ID_REUSED");
  request.set_request_id("two");
  EXPECT_EQ(reason(request).reason, "EXPERT_EXISTS");
  EXPECT_EQ(reason(request).code, grpc::StatusCode::ALREADY_EXISTS);
}

TEST_F(PresenceServiceTest, AnUpdateChangesWhatItsMaskNames) {
  create("ann");
  v1::UpdateExpertRequest request;
  request.mutable_expert()->set_name(name("ann"));
  request.mutable_expert()->set_site("bern");
  (*request.mutable_expert()->mutable_skills())["cards"] = 1;
  request.mutable_update_mask()->add_paths("skills");
  const v1::Expert updated = test::call(*replica_->experts, &Experts::UpdateExpert, request).expert();
  EXPECT_EQ(updated.site(), "");
  EXPECT_EQ(updated.display_name(), "Expert ann");
  EXPECT_THAT(updated.skills(), SizeIs(1));
  EXPECT_EQ(updated.skills().at("cards"), 1);
  EXPECT_EQ(updated.revision(), 2);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(updated, get("ann")));

  request.clear_update_mask();
  const v1::Expert whole = test::call(*replica_->experts, &Experts::UpdateExpert, request).expert();
  EXPECT_EQ(whole.site(), "bern");
  EXPECT_EQ(whole.display_name(), "");

  const auto refused = [&] {
    return test::refusal(test::status_of(*replica_->experts, &Experts::UpdateExpert, request));
  };
  request.mutable_expert()->set_site("basel");
  request.mutable_expert()->set_revision(1);
  EXPECT_EQ(refused().reason, "REVISION_MISMATCH");
  EXPECT_EQ(refused().code, grpc::StatusCode::ABORTED);
  request.mutable_expert()->set_revision(0);
  request.mutable_update_mask()->add_paths("revision");
  EXPECT_EQ(refused().metadata["field"], "update_mask");
  request.clear_update_mask();
  request.mutable_expert()->set_name(name("nobody"));
  EXPECT_EQ(refused().reason, "UNKNOWN_EXPERT");
}

TEST_F(PresenceServiceTest, DeletingIsDoneOnce) {
  create("ann");
  EXPECT_FALSE(remove("ann").retired());
  EXPECT_FALSE(remove("ann").retired());
  v1::GetExpertRequest request;
  request.set_name(name("ann"));
  EXPECT_EQ(test::refusal(test::status_of(*replica_->experts, &Experts::GetExpert, request)).reason, "UNKNOWN_EXPERT");
}

TEST_F(PresenceServiceTest, ListsPageByPage) {
  for (const char* id : {"e", "b", "a", "d", "c"}) create(id);
  v1::ListExpertsRequest request;
  request.set_parent("domains/main");
  request.set_page_size(2);
  std::vector<std::string> names;
  std::vector<int> sizes;
  do {
    const auto page = test::call(*replica_->experts, &Experts::ListExperts, request);
    sizes.push_back(page.experts_size());
    for (const v1::Expert& expert : page.experts()) names.push_back(expert.name());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(names, ElementsAre(name("a"), name("b"), name("c"), name("d"), name("e")));
  EXPECT_THAT(sizes, ElementsAre(2, 2, 1));
  request.set_page_token("not a token");
  EXPECT_EQ(test::refusal(test::status_of(*replica_->experts, &Experts::ListExperts, request)).reason, "BAD_CURSOR");
  request.clear_page_token();
  request.set_page_size(1001);
  EXPECT_EQ(test::refusal(test::status_of(*replica_->experts, &Experts::ListExperts, request)).reason, "INVALID_FIELD");
}

TEST_F(PresenceServiceTest, ImportsARosterAsOftenAsOneLikes) {
  const std::string text = "experts:\n  - {id: ann, name: Ann, capacity: {im: 2}}\n  - {id: bob}\n";
  v1::ImportRosterRequest dry = roster(text);
  dry.set_validate_only(true);
  EXPECT_THAT(test::call(*replica_->experts, &Experts::ImportRoster, dry).created(), ElementsAre("ann", "bob"));
  EXPECT_THAT(test::call(*replica_->experts, &Experts::ImportRoster, roster(text)).created(),
              ElementsAre("ann", "bob"));
  EXPECT_EQ(test::call(*replica_->experts, &Experts::ImportRoster, roster(text)).unchanged(), 2);
  const auto changed =
      test::call(*replica_->experts, &Experts::ImportRoster, roster("experts:\n  - {id: ann, name: A}\n"));
  EXPECT_THAT(changed.updated(), ElementsAre("ann"));
  EXPECT_EQ(get("bob").state(), v1::EXPERT_STATE_ACTIVE) << "an import never deletes";
}

TEST_F(PresenceServiceTest, ARosterWithAFaultChangesNothing) {
  const auto refused =
      test::refusal(test::status_of(*replica_->experts, &Experts::ImportRoster,
                                    roster("experts:\n  - {id: ann}\n  - {id: bob, skills: {x: 9}}\n  - {}\n")));
  EXPECT_EQ(refused.reason, "BAD_ROSTER");
  EXPECT_EQ(refused.metadata.at("file"), "r.yaml");
  EXPECT_EQ(refused.metadata.at("line"), "3");
  EXPECT_EQ(refused.metadata.at("column"), "27");
  EXPECT_THAT(refused.message, ::testing::HasSubstr("r.yaml:4:5: "));
  v1::ListExpertsRequest list;
  list.set_parent("domains/main");
  EXPECT_THAT(test::call(*replica_->experts, &Experts::ListExperts, list).experts(), IsEmpty());
}

TEST_F(PresenceServiceTest, ARosterFileIsThereWhenItIsReady) {
  std::ofstream(folder_ / "good.yaml") << "experts:\n  - {id: zoe, capacity: {im: 1}}\n";
  const Replica second(config(folder_ / "good.yaml"));
  EXPECT_EQ(get("zoe").capacities().at("im"), 1);

  std::ofstream(folder_ / "bad.yaml") << "experts:\n  - {id: a b}\n  - 7\n";
  PresenceIngest refused(config(folder_ / "bad.yaml"));
  const auto started = refused.start([] {});
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().message, ::testing::HasSubstr("bad.yaml:2:10: "));
  EXPECT_THAT(started.error().message, ::testing::HasSubstr("bad.yaml:3:5: "));
  PresenceIngest missing(config("/nowhere.yaml"));
  EXPECT_FALSE(missing.start([] {}).ok());
}

TEST_F(PresenceServiceTest, ListsWhoFitsAFilter) {
  for (const char* id : {"ann", "bob", "cem"}) create(id);
  auto leeds = creation("dan");
  leeds.mutable_expert()->set_site("Leeds");
  (*leeds.mutable_expert()->mutable_attributes())["years"].set_number(7);
  test::call(*replica_->experts, &Experts::CreateExpert, leeds);
  send({report("bob", kOnline)});
  v1::ListExpertsRequest request;
  request.set_parent("domains/main");
  const auto list = [&](const std::string& filter) {
    request.set_filter(filter);
    std::string ids;
    request.clear_page_token();
    do {
      const auto page = test::call(*replica_->experts, &Experts::ListExperts, request);
      for (const auto& one : page.experts()) ids += one.name().substr(one.name().rfind('/') + 1) + " ";
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return ids;
  };
  EXPECT_EQ(list("expert.site == 'Leeds'"), "dan ");
  EXPECT_EQ(list("expert.attributes.years >= 5"), "dan ");  // the others have no such attribute
  EXPECT_EQ(list("'im' in expert.routable && expert.state == 'online'"), "bob ");
  request.set_page_size(1);
  EXPECT_EQ(list("expert.id != 'bob' && expert.skills['mortgage'] == 3"), "ann cem dan ");
  EXPECT_EQ(list("expert.retired"), "");
  request.set_filter("expert.sight == 'Leeds'");
  const auto unknown = test::refusal(test::status_of(*replica_->experts, &Experts::ListExperts, request));
  EXPECT_EQ(unknown.reason, "BAD_FILTER");
  EXPECT_EQ(unknown.metadata.at("column"), "1");
  request.set_filter("expert.site");
  EXPECT_EQ(test::refusal(test::status_of(*replica_->experts, &Experts::ListExperts, request)).reason, "BAD_FILTER");
}

TEST_F(PresenceServiceTest, AnImportSaysWhatItChanges) {
  const char* const kBefore = "experts:\n  - {id: ann, name: Ann, skills: {mortgage: 3, tax: 1}, capacity: {im: 2}}\n";
  const char* const kAfter =
      "experts:\n  - {id: ann, name: Anna, skills: {mortgage: 4}, capacity: {im: 2}}\n"
      "  - {id: bob, name: Bob, capacity: {im: 1}}\n";
  test::call(*replica_->experts, &Experts::ImportRoster, roster(kBefore));
  auto dry = roster(kAfter);
  dry.set_validate_only(true);
  for (const auto& request : {dry, roster(kAfter)}) {
    const auto answer = test::call(*replica_->experts, &Experts::ImportRoster, request);
    std::string lines;
    for (const auto& one : answer.differences()) {
      lines += one.expert() + (one.created() ? " new\n" : "\n");
      for (const auto& field : one.fields())
        lines += "  " + field.field() + ": " + field.before() + " -> " + field.after() + "\n";
    }
    EXPECT_EQ(lines, "ann\n  display_name: Ann -> Anna\n  skills[mortgage]: 3 -> 4\n  skills[tax]: 1 -> \nbob new\n");
  }
  EXPECT_THAT(test::call(*replica_->experts, &Experts::ImportRoster, roster(kAfter)).differences(), IsEmpty());
}

}  // namespace
}  // namespace expertline::presence
