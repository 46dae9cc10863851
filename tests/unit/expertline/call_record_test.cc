#include "expertline/calls/call_record.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "expertline/calls/generate.h"

namespace expertline::cli {
namespace {

const std::string kHeader =
    "vru+line,call_id,type,vru_entry,vru_exit,vru_time,q_start,q_exit,q_time,outcome,ser_start,ser_exit,ser_time,"
    "server,server_abv\n";
const std::string kServed =
    "AA0104,31129,PS,10:00:21,10:00:31,10,0:00:00,0:00:00,0,AGENT,10:00:30,10:02:09,99,NAAMA,NAA\n";

CallFile read(const std::string& text) {
  std::istringstream in(text);
  return read_calls(in);
}

TEST(CallRecords, AServedCallHasItsAgentAndServiceTime) {
  const auto file = read(kHeader + kServed);
  ASSERT_EQ(file.calls.size(), 1U);
  EXPECT_TRUE(file.calls[0].served());
  EXPECT_EQ(file.calls[0].server, "NAAMA");
  EXPECT_EQ(file.calls[0].service_start, 10 * 3600 + 30);
  EXPECT_EQ(file.calls[0].service_time, 99);
  EXPECT_EQ(skillset_of(file.calls[0].type), "regular");
}

TEST(CallRecords, LineEndingsOfWindowsAndEmptyLinesAreTaken) {
  std::string served = kServed;
  served.insert(served.size() - 1, "\r");
  const auto file = read(kHeader.substr(0, kHeader.size() - 1) + "\r\n\r\n" + served);
  EXPECT_EQ(file.calls.size(), 1U);
  EXPECT_TRUE(file.issues.empty());
}

TEST(CallRecords, ClocksOfTheVoiceUnitThatDisagreeAreNoFault) {
  const auto file =
      read(kHeader + "L,1,PS,10:01:21,10:00:31,-50,0:00:00,0:00:00,0,HANG,0:00:00,0:00:00,0,NO_SERVER,NO_\n");
  EXPECT_EQ(file.calls.size(), 1U);
}

struct BadRow {
  const char* row;
  const char* what;
};

class CallRecordsBadRow : public testing::TestWithParam<BadRow> {};

TEST_P(CallRecordsBadRow, IsNamedByItsLineAndLeftOut) {
  const auto file = read(kHeader + kServed + GetParam().row + "\n" + kServed);
  EXPECT_EQ(file.calls.size(), 2U);
  ASSERT_EQ(file.issues.size(), 1U);
  EXPECT_EQ(file.issues[0].line, 3U);
  EXPECT_EQ(file.issues[0].what, GetParam().what);
}

INSTANTIATE_TEST_SUITE_P(
    All, CallRecordsBadRow,
    testing::Values(BadRow{"a,b,c", "3 columns instead of 15"},
                    BadRow{"L,1,PS,25:00:21,10:00:31,10,0:00:00,0:00:00,0,AGENT,10:00:30,10:02:09,99,N,N",
                           "vru_entry \"25:00:21\" is not a time hh:mm:ss"},
                    BadRow{"L,1,PS,10:0:21,10:00:31,10,0:00:00,0:00:00,0,AGENT,10:00:30,10:02:09,99,N,N",
                           "vru_entry \"10:0:21\" is not a time hh:mm:ss"},
                    BadRow{"L,1,XX,10:00:21,10:00:31,10,0:00:00,0:00:00,0,AGENT,10:00:30,10:02:09,99,N,N",
                           "type \"XX\" is not one of PS, NE, NW, IN, PE, TT"},
                    BadRow{"L,1,PS,10:00:21,10:00:31,10,0:00:00,0:00:00,0,GONE,10:00:30,10:02:09,99,N,N",
                           "outcome \"GONE\" is not one of AGENT, HANG, PHANTOM"},
                    BadRow{"L,1,PS,10:00:21,10:00:31,10,0:00:00,0:00:00,0,AGENT,10:00:30,10:02:09,-99,N,N",
                           "ser_time \"-99\" is not a whole number from 0"},
                    BadRow{"L,,PS,10:00:21,10:00:31,10,0:00:00,0:00:00,0,AGENT,10:00:30,10:02:09,99,N,N",
                           "call_id \"\" is not an id"},
                    BadRow{"L,1,PS,10:00:21,10:00:31,10,0:00:00,0:00:00,0,AGENT,10:00:30,10:02:09,99,,N",
                           "server \"\" is not the name of an agent"}));

TEST(CallRecords, AFileWithAnotherHeaderIsRefusedWhole) {
  EXPECT_FALSE(read("name,age\n" + kServed).header_fault.empty());
  EXPECT_FALSE(read("").header_fault.empty());
  EXPECT_TRUE(read("name,age\n" + kServed).calls.empty());
}

TEST(CallRecords, AnInventedDayIsReadAsItWasWritten) {
  const auto day = generate_day({.calls = 3000, .agents = 12, .seed = 7});
  std::stringstream text;
  write_calls(text, day);
  const auto file = read_calls(text);
  EXPECT_TRUE(file.issues.empty());
  ASSERT_EQ(file.calls.size(), 3000U);
  for (size_t i = 0; i < day.size(); ++i) {
    EXPECT_EQ(file.calls[i].call_id, day[i].call_id);
    EXPECT_EQ(file.calls[i].type, day[i].type);
    EXPECT_EQ(file.calls[i].outcome, day[i].outcome);
    EXPECT_EQ(file.calls[i].service_time, day[i].service_time);
    EXPECT_EQ(file.calls[i].service_start, day[i].service_start % 86'400);
    EXPECT_EQ(file.calls[i].server, day[i].server);
  }
}

TEST(GenerateDay, IsTheSameForTheSameSeedOnly) {
  auto text = [](uint64_t seed) {
    std::ostringstream out;
    write_calls(out, generate_day({.calls = 200, .agents = 5, .seed = seed}));
    return out.str();
  };
  EXPECT_EQ(text(3), text(3));
  EXPECT_NE(text(3), text(4));
}

TEST(GenerateDay, NoAgentServesTwoCallsAtOnce) {
  std::map<std::string, int> free_at;
  for (const auto& call : generate_day({.calls = 2000, .agents = 6, .seed = 1})) {
    if (!call.served()) continue;
    EXPECT_GE(call.service_start, free_at[call.server]);
    EXPECT_GE(call.service_start, call.vru_exit);
    free_at[call.server] = call.service_start + call.service_time;
  }
  EXPECT_EQ(free_at.size(), 6U);
}

TEST(CallRecords, ARealDayIsReadWithoutAFault) {
  const char* path = std::getenv("EXPERTLINE_CALLS");
  if (path == nullptr || !std::filesystem::exists(path)) GTEST_SKIP() << "EXPERTLINE_CALLS names no file of calls";
  std::ifstream in(path);
  const auto file = read_calls(in);
  EXPECT_TRUE(file.issues.empty()) << file.issues[0].line << ": " << file.issues[0].what;
  EXPECT_EQ(file.calls.size(), 2375U);
}

}  // namespace
}  // namespace expertline::cli
