#include "session-bridge/policy/files.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>

#include <algorithm>

namespace expertline::bridge {
namespace {

constexpr size_t kMostNameBytes = 255;
constexpr size_t kMostUriBytes = 2'000;
constexpr std::string_view kHttps = "https://";

// RFC 6838 4.2: restricted-name.
bool restricted_name(std::string_view name) {
  constexpr std::string_view kFurther = "!#$&-^_.+";
  if (name.empty() || name.size() > 127 || !absl::ascii_isalnum(static_cast<unsigned char>(name[0]))) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || kFurther.find(c) != std::string_view::npos;
  });
}

// Types that viewers may run.
bool active(std::string_view type) {
  return type.ends_with("+xml") || type.ends_with("/xml") || type == "text/html" || type.ends_with("javascript") ||
         type.ends_with("ecmascript");
}

bool covers(const std::string& pattern, const std::string& type) {
  if (!pattern.ends_with("/*")) return pattern == type;
  if (active(type)) return false;
  return pattern == "*/*" || type.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1));
}

// What the first bytes say it is; empty if they say nothing.
std::string_view type_of_content(std::string_view content) {
  if (content.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
  if (content.starts_with("\xff\xd8\xff")) return "image/jpeg";
  if (content.starts_with("GIF87a") || content.starts_with("GIF89a")) return "image/gif";
  if (content.starts_with("RIFF") && content.size() >= 12 && content.substr(8, 4) == "WEBP") return "image/webp";
  if (content.starts_with("%PDF-")) return "application/pdf";
  return "";
}

bool content_fits(const std::string& type, std::string_view content) {
  const std::string_view found = type_of_content(content);
  if (found == type) return true;
  // Each of these is told by its first bytes, so that without them it is something else.
  for (const char* told : {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"}) {
    if (type == told) return false;
  }
  return found.empty() || !type.starts_with("image/");
}

// The host of an https reference, in lower case; empty if it is no good one.
std::string host_of(std::string_view uri) {
  std::string_view rest = uri.substr(kHttps.size());
  rest = rest.substr(0, rest.find_first_of("/?#"));
  const size_t port = rest.rfind(':');
  const std::string host(rest.substr(0, port));
  const bool good =
      !host.empty() && host.front() != '.' &&
      std::all_of(host.begin(), host.end(),
                  [](char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-'; }) &&
      (port == std::string_view::npos ||
       std::all_of(rest.begin() + static_cast<std::ptrdiff_t>(port) + 1, rest.end(),
                   [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }));
  return good ? absl::AsciiStrToLower(host) : "";
}

bool good_uri(std::string_view uri) {
  if (uri.size() > kMostUriBytes || !uri.starts_with(kHttps) || host_of(uri).empty()) return false;
  return std::all_of(uri.begin(), uri.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

bool good_name(std::string_view name) {
  if (name.empty() || name.size() > kMostNameBytes || name == "." || name == "..") return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7f && c != '/' && c != '\\';
  });
}

bool host_allowed(const std::vector<std::string>& hosts, const std::string& host) {
  return hosts.empty() || std::any_of(hosts.begin(), hosts.end(), [&host](const std::string& one) {
           if (!one.starts_with("*.")) return host == one;
           return host.ends_with(std::string_view(one).substr(1));
         });
}

Error refused(const v1::File& file, const char* rule, const std::string& why, int64_t bytes, int64_t limit) {
  return Error{.reason = v1::ERROR_REASON_CONTENT_NOT_ALLOWED,
               .message = "not allowed by " + std::string(rule) + ": " + why,
               .metadata = {{"rule", rule},
                            {"why", why},
                            {"media_type", media_type_of(file)},
                            {"bytes", std::to_string(bytes)},
                            {"limit", std::to_string(limit)}}};
}

}  // namespace

bool valid_media_type(std::string_view type) {
  const size_t slash = type.find('/');
  return slash != std::string_view::npos && restricted_name(type.substr(0, slash)) &&
         restricted_name(type.substr(slash + 1));
}

std::string media_type_of(const v1::File& file) { return absl::AsciiStrToLower(file.media_type()); }

Result<Done> check_file(const std::string& field, const v1::File& file) {
  if (!good_name(file.name()))
    return invalid_field(field + ".name", "1 to 255 bytes without a path or control characters");
  if (!valid_media_type(file.media_type()))
    return invalid_field(field + ".media_type", "such as image/jpeg, without parameters");
  if (file.body_case() == v1::File::BODY_NOT_SET) return invalid_field(field, "set content or uri");
  if (file.has_uri()) {
    if (!good_uri(file.uri())) {
      return invalid_field(field + ".uri", "https://host/..., at most 2,000 bytes, without a user or blanks");
    }
    if (file.size() <= 0) return invalid_field(field + ".size", "required with a uri");
  } else if (file.content().empty() || file.content().size() > kMostInlineBytes) {
    return invalid_field(field + ".content", "1 to 65,536 bytes; larger files by uri");
  }
  return Done{};
}

Result<Done> check_rules(const FileRules& rules, const v1::File& file) {
  const std::string type = media_type_of(file);
  const int64_t bytes = file.has_uri() ? file.size() : static_cast<int64_t>(file.content().size());
  const int64_t limit = file.has_uri() ? rules.most_bytes : static_cast<int64_t>(rules.inline_bytes);
  if (std::none_of(rules.types.begin(), rules.types.end(), [&](const auto& one) { return covers(one, type); })) {
    return refused(file, "files.types", "files of type " + type + " are not allowed", bytes, limit);
  }
  if (bytes > limit) {
    return refused(
        file, file.has_uri() ? "files.most_bytes" : "files.inline_bytes",
        "the file has " + std::to_string(bytes) + " bytes, at most " + std::to_string(limit) + " are allowed", bytes,
        limit);
  }
  if (file.has_uri() && !host_allowed(rules.hosts, host_of(file.uri()))) {
    return refused(file, "files.hosts", "files of " + host_of(file.uri()) + " are not allowed", bytes, limit);
  }
  if (file.has_content() && !content_fits(type, file.content())) {
    return refused(file, "files.types", "the content is not " + type, bytes, limit);
  }
  return Done{};
}

}  // namespace expertline::bridge
