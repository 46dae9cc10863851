#include "presence-ingest/expert_service.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/field_mask_util.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "presence-ingest/differences.h"
#include "presence-ingest/fields.h"
#include "roster/rules.h"

namespace expertline::presence {
namespace {

constexpr int kDefaultPage = 100;
constexpr int kMostPage = 1000;
constexpr int kMostPagesLookedAt = 20;  // by one call with a filter
constexpr size_t kMostAnswerBytes = 200 * 1024;
constexpr size_t kMostImportBytes = 200 * 1024;
constexpr size_t kMostFileName = 200;
constexpr int kImportsAtOnce = 256;
constexpr size_t kViewsAtOnce = 500;  // the store does nothing else meanwhile
constexpr int kTries = 8;             // of an update without a revision while others change the same expert
constexpr std::array kFields = {"display_name", "site",      "languages", "skills",      "groups",     "attributes",
                                "capacities",   "addresses", "dns",       "guard_rails", "media_order"};

// FNV-1a; the same in every process.
std::string fingerprint(const std::string& bytes) {
  uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return std::to_string(hash);
}

std::string fingerprint(v1::CreateExpertRequest request) {
  request.clear_request_id();
  std::string text;  // map entries in order, unlike the wire format
  google::protobuf::TextFormat::Printer printer;
  printer.PrintToString(request, &text);
  return fingerprint(text);
}

v1::Expert with_name(v1::Expert expert, const std::string& name) {
  expert.set_name(name);
  return expert;
}

// The mask to apply: all fields if it is empty.
Result<google::protobuf::FieldMask> check_mask(const google::protobuf::FieldMask& mask) {
  google::protobuf::FieldMask all;
  for (const char* field : kFields) all.add_paths(field);
  if (mask.paths().empty()) return all;
  for (const std::string& path : mask.paths()) {
    if (std::find(kFields.begin(), kFields.end(), path) == kFields.end()) {
      return invalid_field("update_mask", "must name fields of an expert that can be changed, unlike " + path);
    }
  }
  return mask;
}

Error bad_roster(const std::vector<yaml::Issue>& issues) {
  const yaml::Issue& first = issues.front();
  Error error{.reason = v1::ERROR_REASON_BAD_ROSTER,
              .message = {},
              .metadata = {{"file", first.file},
                           {"line", std::to_string(first.mark.line)},
                           {"column", std::to_string(first.mark.column)},
                           {"issue", first.message}}};
  // A status travels in HTTP/2 trailers, which hold little.
  constexpr size_t most = 3000;
  for (const yaml::Issue& issue : issues) {
    const std::string line = yaml::to_string(issue);
    if (error.message.size() + line.size() > most) {
      error.message += "\nand more";
      break;
    }
    error.message += (error.message.empty() ? "" : "\n") + line;
  }
  return error;
}

// Of those that were added or changed, as many as the answer holds.
void add_differences(v1::ImportRosterResponse& response, const std::vector<roster::Member>& members,
                     const std::map<std::string, v1::Expert>& before) {
  const std::set<std::string> created(response.created().begin(), response.created().end());
  const std::set<std::string> updated(response.updated().begin(), response.updated().end());
  size_t bytes = 0;
  for (const roster::Member& member : members) {
    if (!created.contains(member.id) && !updated.contains(member.id)) continue;
    v1::ExpertDifference difference;
    difference.set_expert(member.id);
    difference.set_created(created.contains(member.id));
    const auto found = before.find(member.id);
    if (!difference.created() && found != before.end()) {
      for (v1::FieldDifference& field : differences(found->second, member.record)) {
        *difference.add_fields() = std::move(field);
      }
    }
    bytes += difference.ByteSizeLong();
    if (bytes > kMostAnswerBytes / 2) return;
    *response.add_differences() = std::move(difference);
  }
}

}  // namespace

Task<Result<v1::CreateExpertResponse>> ExpertService::create(v1::CreateExpertRequest request) {
  const auto parent = domains_.domain("parent", request.parent());
  if (!parent) co_return parent.error();
  const auto name = domains_.expert("expert.name", request.expert().name());
  if (!name) co_return name.error();
  if (name->domain != *parent) co_return invalid_field("expert.name", "must lie below parent");
  if (const auto good = check_expert(request.expert()); !good) co_return good.error();
  if (!request.request_id().empty()) {
    if (const auto good = check_id("request_id", request.request_id()); !good) co_return good.error();
  }
  state::Put put;
  put.expert = name->id;
  put.record = request.expert();
  put.mode = state::PutMode::create;
  put.dry = request.validate_only();
  put.request_id = request.request_id();
  put.request_hash = fingerprint(request);
  const auto done = co_await store_.put(*parent, std::move(put));
  if (!done) co_return done.error();
  v1::CreateExpertResponse response;
  *response.mutable_expert() = std::move(*request.mutable_expert());
  response.mutable_expert()->set_state(v1::EXPERT_STATE_ACTIVE);
  response.mutable_expert()->set_revision(done->revision);
  co_return response;
}

Task<Result<v1::GetExpertResponse>> ExpertService::get(v1::GetExpertRequest request) {
  const auto name = domains_.expert("name", request.name());
  if (!name) co_return name.error();
  auto view = co_await store_.view(name->domain, name->id);
  if (!view) co_return view.error();
  v1::GetExpertResponse response;
  *response.mutable_expert() = with_name(std::move(view->directory), request.name());
  co_return response;
}

Task<Result<v1::UpdateExpertResponse>> ExpertService::update(v1::UpdateExpertRequest request) {
  const auto name = domains_.expert("expert.name", request.expert().name());
  if (!name) co_return name.error();
  const auto mask = check_mask(request.update_mask());
  if (!mask) co_return mask.error();
  if (request.expert().revision() < 0) co_return invalid_field("expert.revision", "must not be negative");
  for (int tries = 1;; ++tries) {
    const auto view = co_await store_.view(name->domain, name->id);
    if (!view) co_return view.error();
    const int64_t asked = request.expert().revision();
    state::Put put;
    put.expert = name->id;
    put.record = view->directory;
    google::protobuf::util::FieldMaskUtil::MergeOptions replace;
    replace.set_replace_message_fields(true);
    replace.set_replace_repeated_fields(true);
    google::protobuf::util::FieldMaskUtil::MergeMessageTo(request.expert(), *mask, replace, &put.record);
    if (const auto good = check_expert(put.record); !good) co_return good.error();
    put.mode = state::PutMode::update;
    put.if_revision = asked != 0 ? asked : view->directory.revision();
    put.dry = request.validate_only();
    v1::Expert stored = put.record;
    const auto done = co_await store_.put(name->domain, std::move(put));
    if (!done && asked == 0 && done.error().reason == v1::ERROR_REASON_REVISION_MISMATCH && tries < kTries) continue;
    if (!done) co_return done.error();
    v1::UpdateExpertResponse response;
    stored.set_state(view->directory.state());
    stored.set_revision(done->revision);
    *response.mutable_expert() = with_name(std::move(stored), request.expert().name());
    co_return response;
  }
}

Task<Result<v1::DeleteExpertResponse>> ExpertService::remove(v1::DeleteExpertRequest request) {
  const auto name = domains_.expert("name", request.name());
  if (!name) co_return name.error();
  const auto retired = co_await store_.remove(name->domain, name->id);
  if (!retired) co_return retired.error();
  v1::DeleteExpertResponse response;
  response.set_retired(*retired);
  co_return response;
}

Task<Result<v1::ListExpertsResponse>> ExpertService::list(v1::ListExpertsRequest request) {
  const auto domain = domains_.domain("parent", request.parent());
  if (!domain) co_return domain.error();
  const int asked = request.page_size();
  if (asked < 0 || asked > kMostPage) co_return invalid_field("page_size", "must be 0 to 1000");
  if (!request.page_token().empty() && !valid_id(request.page_token())) {
    co_return Error{.reason = v1::ERROR_REASON_BAD_CURSOR,
                    .message = "page_token: not one of ours",
                    .metadata = {{"field", "page_token"}}};
  }
  const auto filter = ExpertFilter::read(request.filter());
  if (!filter) co_return filter.error();
  if (!request.filter().empty()) co_return co_await filtered(*domain, *filter, request);
  const int most = asked == 0 ? kDefaultPage : asked;
  // One more tells whether there is a next page.
  const auto views = co_await store_.page(*domain, request.page_token(), most + 1);
  if (!views) co_return views.error();
  v1::ListExpertsResponse response;
  size_t bytes = 0;
  std::string last;
  for (const state::ExpertView& view : *views) {
    const size_t size = view.directory.ByteSizeLong() + view.id.size();
    if (response.experts_size() == most || (bytes > 0 && bytes + size > kMostAnswerBytes)) {
      response.set_next_page_token(last);
      break;
    }
    *response.add_experts() = with_name(view.directory, expert_name(*domain, view.id));
    bytes += size;
    last = view.id;
  }
  co_return response;
}

// Looks at experts until the page is full, for so many pages of the store at most.
Task<Result<v1::ListExpertsResponse>> ExpertService::filtered(std::string domain, ExpertFilter filter,
                                                              v1::ListExpertsRequest request) {
  const int most = request.page_size() == 0 ? kDefaultPage : request.page_size();
  v1::ListExpertsResponse response;
  size_t bytes = 0;
  std::string after = request.page_token();
  for (int page = 0; page < kMostPagesLookedAt; ++page) {
    std::string from = after;
    const auto views = co_await store_.page(domain, std::move(from), kMostPage);
    if (!views) co_return views.error();
    for (const state::ExpertView& view : *views) {
      if (filter.matches(view)) {
        const size_t size = view.directory.ByteSizeLong() + view.id.size();
        if (response.experts_size() == most || (bytes > 0 && bytes + size > kMostAnswerBytes)) {
          response.set_next_page_token(after);
          co_return response;
        }
        *response.add_experts() = with_name(view.directory, expert_name(domain, view.id));
        bytes += size;
      }
      after = view.id;
    }
    if (views->size() < static_cast<size_t>(kMostPage)) co_return response;
  }
  response.set_next_page_token(after);
  co_return response;
}

Task<Result<v1::ImportRosterResponse>> ExpertService::import_text(v1::ImportRosterRequest request) {
  const auto domain = domains_.domain("parent", request.parent());
  if (!domain) co_return domain.error();
  if (request.roster().size() > kMostImportBytes) co_return invalid_field("roster", "must have at most 200 KiB");
  if (request.file_name().size() > kMostFileName || roster::text_fault(request.file_name())) {
    co_return invalid_field("file_name", "must have at most 200 bytes and no control characters");
  }
  roster::Roster roster =
      roster::read_roster(request.roster(), request.file_name().empty() ? "roster" : request.file_name(), {});
  if (!roster.issues.empty()) co_return bad_roster(roster.issues);
  std::map<std::string, v1::Expert> records;
  for (size_t next = 0; next < roster.experts.size();) {
    std::vector<std::string> ids;
    while (next < roster.experts.size() && ids.size() < kViewsAtOnce) ids.push_back(roster.experts[next++].id);
    const auto before = co_await store_.views(*domain, std::move(ids));
    if (!before) co_return before.error();
    for (const state::ExpertView& view : *before) records[view.id] = view.directory;
  }
  const std::vector<roster::Member> members = roster.experts;
  auto response = co_await import(*domain, std::move(roster.experts), request.validate_only());
  if (response) add_differences(*response, members, records);
  co_return response;
}

// Of a roster that is being imported; its puts are under way together, so that the store syncs once for many.
struct ExpertService::Import {
  std::string domain;
  std::vector<roster::Member> experts;
  bool dry = false;
  std::vector<std::optional<Result<state::PutDone>>> done;  // by place
  size_t next = 0;
  size_t left = 0;  // not done
  std::function<void(bool)> on_all_done;
};

Task<Result<v1::ImportRosterResponse>> ExpertService::import(std::string domain, std::vector<roster::Member> experts,
                                                             bool dry) {
  auto import = std::make_shared<Import>();
  import->domain = std::move(domain);
  import->left = experts.size();
  import->done.resize(experts.size());
  import->experts = std::move(experts);
  import->dry = dry;
  if (import->left > 0) {
    std::function<void(Callback<bool>::Done)> begin = [this, import](const Callback<bool>::Done& done) {
      import->on_all_done = done;
      for (int i = 0; i < kImportsAtOnce; ++i) spawn(put_next(import));
    };
    Callback<bool> all_done(std::move(begin));
    co_await all_done;
  }
  v1::ImportRosterResponse response;
  for (size_t i = 0; i < import->experts.size(); ++i) {
    const Result<state::PutDone>& done = *import->done[i];
    if (!done) co_return done.error();
    switch (done->outcome) {
      case state::PutOutcome::created:
        response.add_created(import->experts[i].id);
        break;
      case state::PutOutcome::updated:
        response.add_updated(import->experts[i].id);
        break;
      case state::PutOutcome::unchanged:
        response.set_unchanged(response.unchanged() + 1);
        break;
    }
  }
  co_return response;
}

Task<void> ExpertService::put_next(std::shared_ptr<Import> import) {
  while (import->next < import->experts.size()) {
    const size_t place = import->next++;
    state::Put put;
    put.expert = import->experts[place].id;
    put.record = std::move(import->experts[place].record);
    put.dry = import->dry;
    import->done[place] = co_await store_.put(import->domain, std::move(put));
    if (--import->left == 0) import->on_all_done(true);
  }
}

}  // namespace expertline::presence
