// The protocol of `expertline eval --json`, line by line.
#include "expertline/eval/json_lines.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace expertline::cli {
namespace {

class Answers : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Answers, EachRequest) {
  JsonLines lines;
  EXPECT_EQ(lines.answer(GetParam().first), GetParam().second);
}

INSTANTIATE_TEST_SUITE_P(
    Values, Answers,
    testing::ValuesIn(std::vector<std::pair<const char*, const char*>>{
        {R"j({"expr": "1 + 2"})j", R"j({"value":{"int64Value":"3"},"type":"int"})j"},
        {R"j({"expr": "1u"})j", R"j({"value":{"uint64Value":"1"},"type":"uint"})j"},
        {R"j({"expr": "1.5"})j", R"j({"value":{"doubleValue":1.5},"type":"double"})j"},
        {R"j({"expr": "0.0 / 0.0"})j", R"j({"value":{"doubleValue":"NaN"},"type":"double"})j"},
        {R"j({"expr": "-1.0 / 0.0"})j", R"j({"value":{"doubleValue":"-Infinity"},"type":"double"})j"},
        {R"j({"expr": "true"})j", R"j({"value":{"boolValue":true},"type":"bool"})j"},
        {R"j({"expr": "'é'"})j", R"j({"value":{"stringValue":"é"},"type":"string"})j"},
        {R"j({"expr": "b'\\xff'"})j", R"j({"value":{"bytesValue":"/w=="},"type":"bytes"})j"},
        {R"j({"expr": "null"})j", R"j({"value":{"nullValue":null},"type":"null_type"})j"},
        {R"j({"expr": "[1]"})j", R"j({"value":{"listValue":{"values":[{"int64Value":"1"}]}},"type":"list(int)"})j"},
        {R"j({"expr": "{'a': 1}"})j",
         R"j({"value":{"mapValue":{"entries":[{"key":{"stringValue":"a"},"value":{"int64Value":"1"}}]}},)j"
         R"j("type":"map(string, int)"})j"},
        {R"j({"expr": "int"})j", R"j({"value":{"typeValue":"int"},"type":"type(int)"})j"},
        {R"j({"expr": "duration('1m')"})j",
         R"j({"value":{"objectValue":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"60s"}},)j"
         R"j("type":"google.protobuf.Duration"})j"},
        {R"j({"expr": "timestamp(0)"})j",
         R"j({"value":{"objectValue":{"@type":"type.googleapis.com/google.protobuf.Timestamp",)j"
         R"j("value":"1970-01-01T00:00:00Z"}},"type":"google.protobuf.Timestamp"})j"},
    }));

INSTANTIATE_TEST_SUITE_P(
    Bindings, Answers,
    testing::ValuesIn(std::vector<std::pair<const char*, const char*>>{
        {R"j({"expr": "x", "bindings": {"x": {"int64Value": "5"}}})j",
         R"j({"value":{"int64Value":"5"},"type":"dyn"})j"},
        {R"j({"expr": "x", "bindings": {"x": {"int64Value": 5}}, "types": {"x": "int"}})j",
         R"j({"value":{"int64Value":"5"},"type":"int"})j"},
        {R"j({"expr": "a.b + 1u", "bindings": {"a.b": {"uint64Value": "18446744073709551614"}}})j",
         R"j({"value":{"uint64Value":"18446744073709551615"},"type":"uint"})j"},
        {R"j({"expr": "x", "bindings": {"x": {"doubleValue": "Infinity"}}})j",
         R"j({"value":{"doubleValue":"Infinity"},"type":"dyn"})j"},
        {R"j({"expr": "x", "bindings": {"x": {"bytesValue": "/w=="}}})j",
         R"j({"value":{"bytesValue":"/w=="},"type":"dyn"})j"},
        {R"j({"expr": "x == type(1)", "bindings": {"x": {"typeValue": "int"}}})j",
         R"j({"value":{"boolValue":true},"type":"bool"})j"},
        {R"j({"expr": "x.a[0] == null", "bindings": {"x": {"mapValue": {"entries": [{"key": {"stringValue": "a"},)j"
         R"j( "value": {"listValue": {"values": [{"nullValue": null}]}}}]}}}})j",
         R"j({"value":{"boolValue":true},"type":"bool"})j"},
        {R"j({"expr": "x.size() + y.size()", "bindings": {"x": {"listValue": {}}, "y": {"mapValue": {}}}})j",
         R"j({"value":{"int64Value":"0"},"type":"int"})j"},
        {R"j({"expr": "x + duration('1s')", "bindings": {"x": {"objectValue":)j"
         R"j( {"@type": "type.googleapis.com/google.protobuf.Timestamp", "value": "1970-01-01T00:00:00Z"}}},)j"
         R"j( "types": {"x": "google.protobuf.Timestamp"}})j",
         R"j({"value":{"objectValue":{"@type":"type.googleapis.com/google.protobuf.Timestamp",)j"
         R"j("value":"1970-01-01T00:00:01Z"}},"type":"google.protobuf.Timestamp"})j"},
    }));

INSTANTIATE_TEST_SUITE_P(
    Options, Answers,
    testing::ValuesIn(std::vector<std::pair<const char*, const char*>>{
        {R"j({"expr": "y", "container": "x", "bindings": {"x.y": {"boolValue": true}}})j",
         R"j({"value":{"boolValue":true},"type":"dyn"})j"},
        {R"j({"expr": "[x]", "types": {"x": "list(string)"}, "check_only": true})j",
         R"j({"type":"list(list(string))"})j"},
        {R"j({"expr": "true || 1", "disable_check": true})j", R"j({"value":{"boolValue":true},"type":"dyn"})j"},
        {R"j({"expr": "has({}.a)", "disable_macros": true})j", R"j({"error":"no function 'has'","phase":"check"})j"},
    }));

INSTANTIATE_TEST_SUITE_P(
    Errors, Answers,
    testing::ValuesIn(std::vector<std::pair<const char*, const char*>>{
        {R"j({"expr": "1 +"})j", R"j({"error":"the expression ends too early","phase":"parse"})j"},
        {R"j({"expr": "x + y"})j", R"j({"error":"undeclared name 'x'; undeclared name 'y'","phase":"check"})j"},
        {R"j({"expr": "1 / 0"})j", R"j({"error":"division by zero","phase":"eval"})j"},
        {R"j({"expr": "x", "types": {"x": "int"}})j", R"j({"error":"'x' is not there","phase":"eval"})j"},
        {"", R"j({"error":"the line is no JSON object","phase":"parse"})j"},
        {"{", R"j({"error":"the line is no JSON object","phase":"parse"})j"},
        {"[]", R"j({"error":"the line is no JSON object","phase":"parse"})j"},
        {"\xff", R"j({"error":"the line is no JSON object","phase":"parse"})j"},
        {"{}", R"j({"error":"the field expr is missing","phase":"parse"})j"},
        {R"j({"expr": 1})j", R"j({"error":"the field expr is not of its type","phase":"parse"})j"},
        {R"j({"expr": "1", "check_only": "yes"})j",
         R"j({"error":"the field check_only is not of its type","phase":"parse"})j"},
        {R"j({"expr": "1", "bindings": []})j", R"j({"error":"the field bindings is no object","phase":"parse"})j"},
        {R"j({"expr": "1", "types": {"x": "strin"}})j", R"j({"error":"the type of x is none","phase":"parse"})j"},
        {R"j({"expr": "1", "bindings": {"x": 1}})j", R"j({"error":"the value of x is none","phase":"parse"})j"},
        {R"j({"expr": "1", "bindings": {"x": {"int64Value": "1.5"}}})j",
         R"j({"error":"the value of x is none","phase":"parse"})j"},
        {R"j({"expr": "1", "bindings": {"x": {"int64Value": 9223372036854775808}}})j",
         R"j({"error":"the value of x is none","phase":"parse"})j"},
        {R"j({"expr": "1", "bindings": {"x": {"mapValue": {"entries": [{"key": {"doubleValue": 1},)j"
         R"j( "value": {"nullValue": null}}]}}}})j",
         R"j({"error":"the value of x is none","phase":"parse"})j"},
    }));

TEST(LargeValues, AreNotWritten) {
  JsonLines lines;
  std::string expr = "[1]";
  for (int i = 0; i < 18; ++i) expr += ".map(x, [x, x])";
  EXPECT_EQ(lines.answer(R"j({"expr": ")j" + expr + R"j("})j"),
            R"j({"error":"the value is too large to be written","phase":"eval"})j");
}

TEST(DeepBindings, AreRefused) {
  std::string value = R"j({"nullValue": null})j";
  for (int i = 0; i < 200; ++i) value = R"j({"listValue": {"values": [)j" + value + "]}}";
  JsonLines lines;
  EXPECT_EQ(lines.answer(R"j({"expr": "x", "bindings": {"x": )j" + value + "}}"),
            R"j({"error":"the value of x is none","phase":"parse"})j");
}

TEST(Lines, AreAnsweredOneAfterTheOther) {
  JsonLines lines;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(lines.answer("x"), R"j({"error":"the line is no JSON object","phase":"parse"})j");
    EXPECT_EQ(lines.answer(R"j({"expr": "'a' + 'b'"})j"), R"j({"value":{"stringValue":"ab"},"type":"string"})j");
  }
}

}  // namespace
}  // namespace expertline::cli
