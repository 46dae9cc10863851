// Experts in the store: directory, observations, composed presence (functions/experts.lua).
//
// All methods run on the loop of the client; a domain and ids that are given have passed valid_id. Errors are those of
// fcall() and, where said, others.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "expertline/v1/expert.pb.h"
#include "expertline/v1/presence.pb.h"
#include "state/fcall.h"

namespace expertline::state {

// Id of an entry of a stream.
struct LogId {
  uint64_t ms = 0;
  uint64_t sequence = 0;

  auto operator<=>(const LogId&) const = default;
};
std::optional<LogId> parse_log_id(std::string_view text);
std::string to_string(const LogId& id);

// What routing needs of an expert, as the change log has it.
struct ExpertState {
  int64_t revision = 0;
  int64_t directory_revision = 0;
  bool active = false;
  v1::PresenceState state = v1::PRESENCE_STATE_OFFLINE;
  bool do_not_disturb = false;
  bool has_desk = false;
  int64_t idle_since_ms = 0;
  v1::Block block = v1::BLOCK_UNSPECIFIED;
  int32_t offers_today = 0;
  int64_t worked_today_ms = 0;
  int32_t today = 0;     // the day of these two, since 1970-01-01 in his zone
  int64_t since_ms = 0;  // since when he is in that state
  std::string number;    // at which he takes calls, if a source says one
  std::string note;
  std::vector<v1::MediumStatus> media;  // in order of name
};

struct ExpertView {
  std::string id;
  v1::Expert directory;  // without name
  ExpertState state;
  v1::Presence why;  // winner, losers, reason and note only
};

// One entry of the change log.
struct ExpertChange {
  LogId id;
  std::string expert;
  bool removed = false;
  ExpertState state;  // of a removed one only the revision
};
// Of an entry [id, [field, value, ...]]; nullopt if it is not one.
std::optional<ExpertChange> parse_change(const redis::Reply& entry);

// The same bytes for equal messages, as the store compares them.
std::string serialize(const google::protobuf::Message& message);

inline constexpr int64_t kWithdrawn = -1;

// What the observations of an expert mean.
struct Composition {
  std::string expert;
  int64_t version = 0;  // of the observations
  v1::PresenceState state = v1::PRESENCE_STATE_OFFLINE;
  bool do_not_disturb = false;
  bool im = false;
  bool voice = false;
  int64_t due_ms = 0;  // when to compose again; 0: never
  std::string number;  // without blanks
  v1::Presence why;    // winner, losers, reason and note only
};

// The same with a report that is not taken yet, provided that nothing else has changed.
struct Assumed {
  Composition composition;  // `version` and `due_ms` without the report
  int64_t losses = 0;       // of Lost
};

// One report as the store takes it.
struct Report {
  std::string expert;
  std::string source;
  int64_t epoch = 0;
  int64_t sequence = 0;
  bool next_sequence = false;  // the one after the last, in the same epoch, whatever the two above are
  int64_t ttl_ms = 0;          // 0: until the next one; kWithdrawn: the source says nothing of him any more
  v1::PresenceReport content;  // without the above
  std::optional<Assumed> assumed;
};

struct Observation {
  std::string source;
  int64_t epoch = 0;
  bool lost = false;       // of the source nothing is known now
  int64_t since = 0;       // since which version of the expert's observations it says so without a break
  int64_t expires_ms = 0;  // 0: never
  v1::PresenceReport content;
};

// All that is known of one expert at one version.
struct Observations {
  std::string expert;
  int64_t version = 0;
  bool in_our_call = false;  // he holds a voice leg
  std::vector<Observation> list;
};

enum class ReportOutcome {
  taken,    // and to be composed, if it is among `Observed::compose`; otherwise it only says what was said
  written,  // taken, and so is what was assumed
  stale,
  unknown_expert,
  too_many_sources,  // 64 an expert
};

// Sources of which nothing is known now.
struct Lost {
  int64_t changes = 0;                                   // how often this has changed
  std::unordered_map<std::string, int64_t> up_to_epoch;  // what they said in this epoch or an earlier one

  bool contains(const std::string& source, int64_t epoch) const;
};

struct Observed {
  int64_t now_ms = 0;  // of the store's clock
  std::vector<ReportOutcome> outcomes;
  std::vector<Observations> compose;  // experts whose observations may mean something else now
  std::optional<Lost> lost;           // as of now; if there is something to compose
};

enum class PutMode {
  create,  // EXPERT_EXISTS if there is an active one
  update,  // UNKNOWN_EXPERT if there is none
  put,     // either
};
enum class PutOutcome { created, updated, unchanged };

struct Put {
  std::string expert;
  v1::Expert record;  // name, state and revision are not looked at
  PutMode mode = PutMode::put;
  std::optional<int64_t> if_revision;  // REVISION_MISMATCH if it is another
  bool dry = false;                    // say what would happen
  std::string request_id;              // may be empty; REQUEST_ID_REUSED if it came with another hash
  std::string request_hash;            // without blanks
};
struct PutDone {
  int64_t revision = 0;
  PutOutcome outcome = PutOutcome::unchanged;
};

// The offsets of a time zone from a day before `wall_ms` on for some years, JSON, as guards.lua reads them; empty if
// there is no zone of that name. Pure.
std::string zone_table(const std::string& zone, int64_t wall_ms);

class ExpertStore {
 public:
  // `redis` loads the functions on connect (load_functions()).
  explicit ExpertStore(redis::Client& redis) : redis_(redis) {}

  Task<Result<PutDone>> put(std::string domain, Put what);
  // True if he still holds a leg and was retired. An unknown expert is as good as deleted.
  Task<Result<bool>> remove(std::string domain, std::string expert);
  // Those of `experts` that are in the directory.
  Task<Result<std::vector<ExpertView>>> views(std::string domain, std::vector<std::string> experts);
  // UNKNOWN_EXPERT if there is none.
  Task<Result<ExpertView>> view(std::string domain, std::string expert);
  // Up to `most` whose ids come after `after`, in order.
  Task<Result<std::vector<ExpertView>>> page(std::string domain, std::string after, int most);

  // At most 256 reports.
  Task<Result<Observed>> observe(std::string domain, std::vector<Report> reports);
  // Writes those whose version is still the present one.
  Task<Result<Done>> present(std::string domain, std::vector<Composition> compositions);
  // Reaches the tables of all zones that experts have had further into the future.
  Task<Result<Done>> renew_zones(std::string domain);
  // Up to `most` experts that must be composed now because time has passed.
  Task<Result<Observed>> due(std::string domain, int most);

 private:
  redis::Client& redis_;
};

}  // namespace expertline::state
