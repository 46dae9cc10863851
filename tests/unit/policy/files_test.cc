// Which files may be sent.
#include "session-bridge/policy/files.h"

#include <gtest/gtest.h>

namespace expertline::bridge {
namespace {

const std::string kPng = std::string("\x89PNG\r\n\x1a\n", 8) + "rest";

v1::File content(const std::string& type, const std::string& bytes) {
  v1::File file;
  file.set_name("a.bin");
  file.set_media_type(type);
  file.set_content(bytes);
  return file;
}

v1::File reference(const std::string& uri, int64_t size = 10, const std::string& type = "image/png") {
  v1::File file;
  file.set_name("a.png");
  file.set_media_type(type);
  file.set_uri(uri);
  file.set_size(size);
  return file;
}

TEST(Files, HaveANameWithoutAPath) {
  const std::vector<std::string> good = {"a.png", "Unfall M\xC3\xBCnchen.jpg", "..a", std::string(255, 'x')};
  for (const std::string& name : good) {
    v1::File file = content("image/png", kPng);
    file.set_name(name);
    EXPECT_TRUE(check_file("file", file).ok()) << name;
  }
  const std::vector<std::string> bad = {
      "", ".", "..", "a/b", "a\\b", "a\nb", std::string("a\0b", 3), std::string(256, 'x')};
  for (const std::string& name : bad) {
    v1::File file = content("image/png", kPng);
    file.set_name(name);
    ASSERT_FALSE(check_file("file", file).ok()) << name;
    EXPECT_EQ(check_file("file", file).error().metadata.at("field"), "file.name");
  }
}

TEST(Files, HaveAMediaTypeWithoutParameters) {
  for (const char* type : {"image/jpeg", "application/vnd.ms-excel", "image/svg+xml", "IMAGE/PNG", "a/b"}) {
    EXPECT_TRUE(valid_media_type(type)) << type;
  }
  for (const char* type :
       {"", "image", "image/", "/png", "image/png; charset=x", "image/*", "im age/png", ".a/b", "image/png/x"}) {
    EXPECT_FALSE(valid_media_type(type)) << type;
  }
}

TEST(Files, HaveContentOrAReferenceWithItsSize) {
  v1::File none = content("image/png", "");
  EXPECT_FALSE(check_file("file", none).ok());
  none.clear_content();
  EXPECT_FALSE(check_file("file", none).ok());
  EXPECT_TRUE(check_file("file", content("image/png", std::string(kMostInlineBytes, 'x'))).ok());
  EXPECT_FALSE(check_file("file", content("image/png", std::string(kMostInlineBytes + 1, 'x'))).ok());
  EXPECT_TRUE(check_file("file", reference("https://files.example.com:8443/a?b=c")).ok());
  EXPECT_FALSE(check_file("file", reference("https://files.example.com/a", 0)).ok());
  for (const char* uri : {"http://files.example.com/a", "https://", "https:///a", "https://user@host/a", "https://h:x/",
                          "https://host/a b", "ftp://host/a", "javascript:alert(1)", "https://host/\xC3\xA4"}) {
    EXPECT_FALSE(check_file("file", reference(uri)).ok()) << uri;
  }
  EXPECT_FALSE(check_file("file", reference("https://host/" + std::string(2'000, 'x'))).ok());
}

struct Case {
  const char* what;
  std::vector<std::string> types;
  v1::File file;
  const char* refused_by;  // nullptr: allowed
};

TEST(Files, AreAllowedByTypeSizeHostAndContent) {
  const std::string svg = "<svg onload='x'/>";
  const std::vector<Case> cases = {
      {"a picture", {"image/*"}, content("image/png", kPng), nullptr},
      {"in capitals", {"image/*"}, content("IMAGE/PNG", kPng), nullptr},
      {"another type", {"image/*"}, content("application/zip", "PK"), "files.types"},
      {"by name", {"application/zip"}, content("application/zip", "PK"), nullptr},
      {"a star is no script", {"image/*"}, content("image/svg+xml", svg), "files.types"},
      {"nor are all types", {"*/*"}, content("text/html", "<html>"), "files.types"},
      {"unless it is named", {"image/svg+xml"}, content("image/svg+xml", svg), nullptr},
      {"markup that says it is a picture", {"image/*"}, content("image/png", svg), "files.types"},
      {"a PDF that says it is a picture", {"image/*"}, content("image/heic", "%PDF-1.7"), "files.types"},
      {"any other type", {"*/*"}, content("application/x-thing", "PK"), nullptr},
      {"nothing", {}, content("image/png", kPng), "files.types"},
      {"too long", {"image/*"}, content("image/png", kPng + std::string(100, 'x')), "files.inline_bytes"},
      {"a reference", {"image/*"}, reference("https://files.example.com/a"), nullptr},
      {"to a host below", {"image/*"}, reference("https://A.Cdn.example.com:1/a"), nullptr},
      {"to another host", {"image/*"}, reference("https://evil.example.net/a"), "files.hosts"},
      {"to one that ends alike", {"image/*"}, reference("https://evilcdn.example.com/a"), "files.hosts"},
      {"too large", {"image/*"}, reference("https://files.example.com/a", 1001), "files.most_bytes"},
  };
  for (const Case& one : cases) {
    FileRules rules;
    rules.types = one.types;
    rules.inline_bytes = 50;
    rules.most_bytes = 1000;
    rules.hosts = {"files.example.com", "*.cdn.example.com"};
    const auto done = check_rules(rules, one.file);
    if (one.refused_by == nullptr) {
      EXPECT_TRUE(done.ok()) << one.what << ": " << done.error().message;
      continue;
    }
    ASSERT_FALSE(done.ok()) << one.what;
    EXPECT_EQ(done.error().reason, v1::ERROR_REASON_CONTENT_NOT_ALLOWED);
    EXPECT_EQ(done.error().metadata.at("rule"), one.refused_by) << one.what;
    EXPECT_FALSE(done.error().metadata.at("why").empty());
  }
}

}  // namespace
}  // namespace expertline::bridge
