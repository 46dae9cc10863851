// The file in which an operator declares the sources of presence, and what each may do:
//
//   busy_takes_im: false           # policy: may somebody busy be asked by IM
//   sources:
//     xmpp-main:
//       kind: client               # client, phone, calendar, desktop, manual
//       experts: all               # or a list: ids, `retail-*` for ids that begin so, `group:sales`
//       heartbeat: 30s             # 100ms to 1h
//       grace: 1m                  # 0s to 24h
//       reports_per_second: 500    # 1 to 1000000; without it any number
//       clock: 5m                  # how far off its clock may be
//       write_back: true           # it is told who is in a call of ours
//   others: refuse                 # or what the above says, for sources that are not named; refuse is the default
//
// Pure.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expertline/v1/presence.pb.h"
#include "yaml/yaml.h"

namespace expertline::presence {

// Experts a source may speak for.
struct Scope {
  bool all = true;
  std::vector<std::string> ids;       // sorted
  std::vector<std::string> prefixes;  // of ids
  std::vector<std::string> groups;

  // `in_group` says whether the expert is in a group; asked only if nothing else lets him in.
  bool covers(const std::string& expert, const std::function<bool(const std::string& group)>& in_group) const;
};

struct SourceRules {
  v1::SourceKind kind = v1::SOURCE_KIND_UNSPECIFIED;  // unspecified: whatever its reports say
  Scope experts;
  int64_t heartbeat_ms = 30'000;
  int64_t grace_ms = 60'000;
  int reports_per_second = 0;  // 0: any number
  int64_t clock_ms = 5 * 60'000;
  bool write_back = false;
};

struct SourceFile {
  bool busy_takes_im = false;
  std::map<std::string, SourceRules> sources;         // by id
  std::optional<SourceRules> others = SourceRules{};  // of those that are not named; nullopt: they are refused

  // The rules of a source, or nullptr if it is refused.
  const SourceRules* rules(const std::string& source) const;
};

// The file, or all its issues. Without a file any source may say anything: SourceFile{}.
struct ReadSources {
  SourceFile file;
  std::vector<yaml::Issue> issues;
};
ReadSources read_sources(std::string_view text, const std::string& file);

inline constexpr int64_t kLeastHeartbeatMs = 100;
inline constexpr int64_t kMostHeartbeatMs = 3600 * 1000;
inline constexpr int64_t kMostGraceMs = 24LL * 3600 * 1000;

}  // namespace expertline::presence
