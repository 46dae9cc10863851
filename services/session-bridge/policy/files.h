// Files of a conversation: their form, and which of them an operator allows. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "expertline/v1/conversation.pb.h"

namespace expertline::bridge {

inline constexpr size_t kMostInlineBytes = 64 * 1024;

struct FileRules {
  // `application/pdf`, `image/*`, `*/*`. Patterns with a star never mean types that can carry scripts (SVG, HTML, XML):
  // these by name only.
  std::vector<std::string> types = {"image/*", "application/pdf", "text/plain"};
  size_t inline_bytes = kMostInlineBytes;    // at most; 0: no inline files
  int64_t most_bytes = 100LL * 1024 * 1024;  // of a file by reference, as it is said to be
  std::vector<std::string> hosts = {};       // of references: `files.example.com`, `*.example.com`; empty: any
};

// `type/subtype` as RFC 6838 4.2 has it, without parameters.
bool valid_media_type(std::string_view type);
// In lower case.
std::string media_type_of(const v1::File& file);

// INVALID_FIELD unless it is a file as the contract has it: a name without a path, a media type, and either content of
// 1 byte to 64 KiB or an https reference with its size.
Result<Done> check_file(const std::string& field, const v1::File& file);

// CONTENT_NOT_ALLOWED with `rule`, `why`, `media_type`, `bytes`, `limit`. Of content whose first bytes tell what it is
// (PNG, JPEG, GIF, WebP, PDF) they must be those of its type, whatever its name says.
Result<Done> check_rules(const FileRules& rules, const v1::File& file);

}  // namespace expertline::bridge
