#include <algorithm>

#include "yaml/lines.h"

namespace expertline::yaml {
namespace {

// Bytes of what begins here on its line: a quoted text with its quotes, else up to where a plain value or a key ends.
size_t token_length(std::string_view rest) {
  if (rest.empty()) return 0;
  if (rest[0] == '"' || rest[0] == '\'') {
    for (size_t i = 1; i < rest.size(); ++i) {
      if (rest[0] == '"' && rest[i] == '\\') {
        ++i;
      } else if (rest[i] == rest[0]) {
        if (rest[0] == '"' || i + 1 == rest.size() || rest[i + 1] != '\'') return i + 1;
        ++i;
      }
    }
    return rest.size();
  }
  if (rest[0] == '{' || rest[0] == '[' || rest.starts_with("- ")) return 1;
  size_t end = std::min({rest.find_first_of(",]}"), rest.find(": "), rest.find(" #"), rest.size()});
  if (end > 1 && end == rest.size() && rest.back() == ':') --end;
  while (end > 0 && (rest[end - 1] == ' ' || rest[end - 1] == '\t')) --end;
  return end;
}

int characters(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::string_view without_bom(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

}  // namespace

std::string to_string(const Issue& issue) {
  std::string text = issue.file + ":" + std::to_string(issue.mark.line) + ":" + std::to_string(issue.mark.column) +
                     ": " + (issue.severity == Issue::Severity::kWarning ? "warning: " : "") + issue.message + " [" +
                     issue.code + "]";
  if (!issue.hint.empty()) text += " (" + issue.hint + ")";
  return text;
}

Excerpt excerpt(const Issue& issue, std::string_view text) {
  constexpr int kBefore = 60;
  constexpr int kAfter = 60;
  const Lines lines(without_bom(text));
  const std::string_view line = lines.line(static_cast<size_t>(std::max(issue.mark.line, 1)) - 1);
  const int last = characters(line);
  const int from = last <= kBefore + kAfter ? 1 : std::max(1, issue.mark.column - kBefore);
  const int to = last <= kBefore + kAfter ? last : std::min(last, issue.mark.column + kAfter);
  Excerpt out;
  if (from > 1) {
    out.line = "...";
    out.caret = "   ";
  }
  int column = 0;
  for (const char c : line) {
    if (!is_continuation(c)) ++column;
    if (column < from || column > to) continue;
    out.line += c;
    // Tabs are kept so that the caret stands below its character however wide they are shown.
    if (!is_continuation(c) && column < issue.mark.column) out.caret += c == '\t' ? '\t' : ' ';
  }
  if (to < last) out.line += "...";
  const int length = std::clamp(issue.length, 1, std::max(1, to - issue.mark.column + 1));
  out.caret += "^" + std::string(static_cast<size_t>(length - 1), '~');
  return out;
}

std::string with_source(const Issue& issue, std::string_view text) {
  const Excerpt shown = excerpt(issue, text);
  return to_string(issue) + "\n  " + shown.line + "\n  " + shown.caret;
}

void Issues::read(std::string_view text) { lines_ = std::make_shared<const Lines>(without_bom(text)); }

void Issues::add(Mark mark, std::string code, std::string message, std::string hint, Issue::Severity severity) {
  if (!count(severity)) return;
  int length = 1;
  if (lines_) {
    const size_t end = lines_->start(static_cast<size_t>(std::max(mark.line, 1)));
    const size_t begin = std::min(lines_->offset_of(mark), end);
    std::string_view rest = lines_->text().substr(begin, end - begin);
    while (rest.ends_with('\n') || rest.ends_with('\r')) rest.remove_suffix(1);
    length = std::max(1, characters(rest.substr(0, token_length(rest))));
  }
  list_.push_back({file_, mark, std::move(code), std::move(message), std::move(hint), severity, length});
}

void Issues::add_inside(const Node& node, size_t offset, size_t length, std::string code, std::string message,
                        std::string hint, Issue::Severity severity) {
  if (!count(severity)) return;
  if (!lines_) {
    list_.push_back({file_, node.mark, std::move(code), std::move(message), std::move(hint), severity, 1});
    return;
  }
  const std::string_view text = lines_->text();
  const std::vector<size_t> places = places_of(text, node.at, node.scalar);
  const size_t first = std::min(offset, node.scalar.size());
  const size_t begin = places[first];
  size_t end = places[std::min(first + std::max<size_t>(length, 1) - 1, node.scalar.size())] + 1;
  while (end < text.size() && is_continuation(text[end])) ++end;
  const std::string_view part = text.substr(begin, end > begin ? end - begin : 0);
  list_.push_back({file_, lines_->mark_at(begin), std::move(code), std::move(message), std::move(hint), severity,
                   std::max(1, characters(part.substr(0, part.find('\n'))))});
}

void Issues::warn(Mark mark, std::string code, std::string message, std::string hint) {
  add(mark, std::move(code), std::move(message), std::move(hint), Issue::Severity::kWarning);
}

bool Issues::count(Issue::Severity severity) {
  if (severity == Issue::Severity::kError) ++errors_;
  return !full();
}

std::vector<Issue> Issues::take() {
  std::stable_sort(list_.begin(), list_.end(), [](const Issue& a, const Issue& b) { return a.mark < b.mark; });
  list_.erase(std::unique(list_.begin(), list_.end()), list_.end());
  return std::move(list_);
}

}  // namespace expertline::yaml
