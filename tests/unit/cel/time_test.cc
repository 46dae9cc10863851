// Timestamps, durations, time zones.
#include "cel/time.h"

#include <gtest/gtest.h>

#include "unit/cel/support.h"

namespace expertline::cel {
namespace {

TEST(TimestampText, IsReadAndWrittenInUtc) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z"},
      {"2024-02-29T12:00:00.5Z", "2024-02-29T12:00:00.5Z"},
      {"2024-02-29T12:00:00.123456789Z", "2024-02-29T12:00:00.123456789Z"},
      {"2024-02-29T12:00:00.1234567899Z", "2024-02-29T12:00:00.123456789Z"},
      {"2024-02-29T12:00:00+01:30", "2024-02-29T10:30:00Z"},
      {"2024-02-29T23:00:00-02:00", "2024-03-01T01:00:00Z"},
      {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
      {"9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"},
      {"1969-12-31T23:59:59.25Z", "1969-12-31T23:59:59.25Z"},
  };
  for (const auto& [text, expected] : cases) {
    const auto timestamp = parse_timestamp(text);
    ASSERT_TRUE(timestamp) << text;
    EXPECT_EQ(format(*timestamp), expected);
  }
  for (const char* wrong :
       {"", "2024-02-30T12:00:00Z", "2023-02-29T12:00:00Z", "2024-13-01T00:00:00Z", "2024-01-01T24:00:00Z",
        "2024-01-01T00:00:60Z", "2024-01-01", "2024-01-01 00:00:00Z", "2024-01-01T00:00:00", "2024-01-01T00:00:00.Z",
        "2024-1-1T00:00:00Z", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00",
        "2024-01-01T00:00:00+1:00", "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00Zx", "2024-01-01t00:00:00z"}) {
    EXPECT_FALSE(parse_timestamp(wrong)) << wrong;
  }
}

TEST(DurationText, IsReadInUnitsAndWrittenInSeconds) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"20s", "20s"},
      {"1h30m", "5400s"},
      {"-1.5h", "-5400s"},
      {"100ms", "0.1s"},
      {"-0.5s", "-0.5s"},
      {"1us", "0.000001s"},
      {"1µs", "0.000001s"},
      {"1.5ns", "0.000000001s"},
      {"0", "0s"},
      {"-0", "0s"},
      {"+3s", "3s"},
      {".5s", "0.5s"},
      {"1.s", "1s"},
      {"9223372036.854775807s", "9223372036.854775807s"},
      {"-9223372036.854775808s", "-9223372036.854775808s"},
  };
  for (const auto& [text, expected] : cases) {
    const auto duration = parse_duration(text);
    ASSERT_TRUE(duration) << text;
    EXPECT_EQ(format(*duration), expected) << text;
  }
  for (const char* wrong : {"", "-", "5", "s", ".s", "5 s", "5d", "1h30", "--1s", "9223372037s", "1e3s",
                            "99999999999999999999999999999999999999999h", "1m-1s"}) {
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
  }
}

class Times : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Times, AreReckonedWithinTheirRange) {
  EXPECT_EQ(result(GetParam().first), GetParam().second) << GetParam().first;
}

constexpr const char* kRange = "error: the result is out of range";

INSTANTIATE_TEST_SUITE_P(
    , Times,
    testing::ValuesIn(std::vector<std::pair<const char*, const char*>>{
        {"timestamp('2024-01-31T00:00:00Z') + duration('24h')", R"(timestamp("2024-02-01T00:00:00Z"))"},
        {"duration('1s') + timestamp(59)", R"(timestamp("1970-01-01T00:01:00Z"))"},
        {"timestamp(0) - duration('0.5s')", R"(timestamp("1969-12-31T23:59:59.5Z"))"},
        {"timestamp(10) - timestamp('1970-01-01T00:00:11.5Z')", R"(duration("-1.5s"))"},
        {"duration('1.5s') + duration('2.5s')", R"(duration("4s"))"},
        {"duration('1s') - duration('1.25s')", R"(duration("-0.25s"))"},
        {"timestamp('9999-12-31T23:59:59Z') + duration('1s')", kRange},
        {"timestamp('0001-01-01T00:00:00Z') - duration('1ns')", kRange},
        {"timestamp('9999-12-31T00:00:00Z') - timestamp('0001-01-01T00:00:00Z')", kRange},
        {"duration('9223372036s') + duration('1s')", kRange},
        {"timestamp(253402300800)", "error: 253402300800 is no timestamp, or out of its range"},
        {"duration('-1.5s') < duration('-1s') && timestamp(1) > timestamp(0)", "true"},
        {"duration('60s') == duration('1m')", "true"},
        {"duration('-3661.5s').getHours()", "-1"},
        {"duration('-3661.5s').getMinutes()", "-61"},
        {"duration('-3661.5s').getSeconds()", "-3661"},
        {"duration('-3661.5s').getMilliseconds()", "-500"},
        {"duration('90s').getMinutes('UTC')",
         "issue: 'getMinutes' cannot take (string) on google.protobuf.Duration; "
         "it takes () on google.protobuf.Timestamp or (string) on "
         "google.protobuf.Timestamp or () on google.protobuf.Duration"},
        {"timestamp('2024-03-10T05:06:07.089Z').getFullYear()", "2024"},
        {"timestamp('2024-03-10T05:06:07.089Z').getMonth()", "2"},
        {"timestamp('2024-03-10T05:06:07.089Z').getDate()", "10"},
        {"timestamp('2024-03-10T05:06:07.089Z').getDayOfMonth()", "9"},
        {"timestamp('2024-03-10T05:06:07.089Z').getDayOfWeek()", "0"},
        {"timestamp('2024-12-31T00:00:00Z').getDayOfYear()", "365"},
        {"timestamp('2024-03-10T05:06:07.089Z').getHours()", "5"},
        {"timestamp('2024-03-10T05:06:07.089Z').getMinutes()", "6"},
        {"timestamp('2024-03-10T05:06:07.089Z').getSeconds()", "7"},
        {"timestamp('2024-03-10T05:06:07.089Z').getMilliseconds()", "89"},
        // Summer time in Berlin began on 31 March 2024 at 01:00 UTC.
        {"timestamp('2024-03-31T00:59:59Z').getHours('Europe/Berlin')", "1"},
        {"timestamp('2024-03-31T01:00:00Z').getHours('Europe/Berlin')", "3"},
        {"timestamp('2024-01-01T00:30:00Z').getFullYear('America/New_York')", "2023"},
        {"timestamp('2024-01-01T00:30:00Z').getMinutes('Asia/Kathmandu')", "15"},
        {"timestamp('2024-01-01T00:30:00Z').getHours('+05:30')", "6"},
        {"timestamp('2024-01-01T00:30:00Z').getDate('-09:30')", "31"},
        {"timestamp('2024-01-01T00:30:00Z').getHours('02:00')", "2"},
        {"timestamp(0).getHours('Europe/Nowhere')", "error: no such time zone: \"Europe/Nowhere\""},
        {"timestamp(0).getHours('')", "error: no such time zone: \"\""},
    }));

TEST(TimeZones, AreThoseOfTheDatabaseOnly) {
  for (const char* zone : {"localtime", "/etc/localtime", "../../etc/localtime", "file:/etc/localtime",
                           "libc:localtime", "Europe/../Europe/Berlin", "+25:00", "+01", "UTC+1:00:00"}) {
    EXPECT_FALSE(civil_time({}, zone)) << zone;
  }
}

}  // namespace
}  // namespace expertline::cel
