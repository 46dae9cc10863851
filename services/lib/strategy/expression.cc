#include "strategy/expression.h"

#include <algorithm>
#include <utility>

#include "routing/names.h"
#include "strategy/calendar.h"

namespace expertline::strategy {
namespace {

using cel::TypeKind;
using cel::Value;
using routing::NameNumber;
using yaml::did_you_mean;
using yaml::quoted;
using Severity = yaml::Issue::Severity;

constexpr size_t kMaxExpressions = 100;  // in one text
constexpr size_t kUserData = static_cast<size_t>(NameNumber::kUserData);
const std::vector<std::string> kStates{"online", "busy", "away", "on_the_phone", "appear_offline", "offline"};

const char* wanted_name(Result wanted) {
  switch (wanted) {
    case Result::kCondition:
      return "a condition (bool)";
    case Result::kInt:
      return "a whole number (int)";
    case Result::kNumber:
      return "a number";
    case Result::kName:
      return "an expert's id (string)";
    case Result::kNames:
      return "an expert's id (string) or a list of ids";
    case Result::kScalar:
      return "a single value";
  }
  return "";
}

bool fits(const cel::Type& type, Result wanted) {
  const TypeKind kind = type.kind();
  if (kind == TypeKind::kDyn) return true;
  switch (wanted) {
    case Result::kCondition:
      return kind == TypeKind::kBool;
    case Result::kInt:
      return kind == TypeKind::kInt;
    case Result::kNumber:
      return kind == TypeKind::kInt || kind == TypeKind::kUint || kind == TypeKind::kDouble;
    case Result::kNames:
      if (kind == TypeKind::kList) {
        const TypeKind element = type.element().kind();
        return element == TypeKind::kString || element == TypeKind::kDyn || element == TypeKind::kVariable;
      }
      return kind == TypeKind::kString;
    case Result::kName:
      return kind == TypeKind::kString;
    case Result::kScalar:
      return kind != TypeKind::kList && kind != TypeKind::kMap && kind != TypeKind::kType && kind != TypeKind::kNull &&
             kind != TypeKind::kBytes;
  }
  return false;
}

// Beside a mismatch of types: how what was probably meant is written.
std::string mismatch_hint(const cel::Issue& issue) {
  const auto has = [&](TypeKind kind) {
    return std::any_of(issue.given.begin(), issue.given.end(),
                       [kind](const cel::Type& type) { return type.kind() == kind; });
  };
  const bool number = has(TypeKind::kInt) || has(TypeKind::kUint) || has(TypeKind::kDouble);
  const bool text = has(TypeKind::kString);
  if (issue.given.size() != 2) return {};
  if (has(TypeKind::kDuration) && (text || number)) return "a length of time is written duration(\"90s\")";
  if (has(TypeKind::kTimestamp) && text) return "a moment is written timestamp(\"2026-11-23T09:00:00Z\")";
  if (has(TypeKind::kNull)) return "to ask whether it is there, write has(...)";
  if (has(TypeKind::kList) && text) return "to ask whether it is in the list, write ... in ...";
  if (text && number) return "a number has no quotes; of a text make one: int(...) or double(...)";
  if (has(TypeKind::kDouble) && number) return "make both a double: double(...)";
  if (text && has(TypeKind::kBool)) return "true and false have no quotes";
  return {};
}

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// `.name` or `["name"]` at the beginning of `rest`: the name and its place in `rest`.
std::optional<std::pair<std::string, size_t>> selected(std::string_view rest) {
  if (rest.starts_with('.')) {
    size_t end = 1;
    while (end < rest.size() && is_word(rest[end])) ++end;
    // `.size()` and the like are calls.
    if (end == 1 || (end < rest.size() && rest[end] == '(')) return std::nullopt;
    return std::pair(std::string(rest.substr(1, end - 1)), size_t{1});
  }
  if (rest.size() > 3 && rest[0] == '[' && (rest[1] == '"' || rest[1] == '\'')) {
    const size_t close = rest.find(rest[1], 2);
    if (close == std::string_view::npos || rest.substr(close + 1, 1) != "]") return std::nullopt;
    return std::pair(std::string(rest.substr(2, close - 2)), size_t{1});
  }
  return std::nullopt;
}

// `"name" in` at the end of `before`: the name and where its quote stands.
std::optional<std::pair<std::string, size_t>> asked_in(std::string_view before) {
  const auto trim = [&] {
    while (before.ends_with(' ')) before.remove_suffix(1);
  };
  trim();
  if (!before.ends_with(" in")) return std::nullopt;
  before.remove_suffix(3);
  trim();
  if (before.size() < 2 || (before.back() != '"' && before.back() != '\'')) return std::nullopt;
  const size_t open = before.rfind(before.back(), before.size() - 2);
  if (open == std::string_view::npos) return std::nullopt;
  return std::pair(std::string(before.substr(open + 1, before.size() - open - 2)), open);
}

// One expression in a scalar, which it may fill or be a part of.
class Part {
 public:
  Part(Reading& in, const yaml::Node& node, size_t offset, std::string_view text, const Position& position)
      : in_(in), node_(node), offset_(offset), text_(text), position_(position) {}

  std::shared_ptr<const cel::Program> compile(Result wanted, bool shown) {
    const cel::Compiled compiled = cel::compile(text_, in_.environment);
    for (const cel::Issue& issue : compiled.issues) tell(issue);
    if (!compiled.program) return nullptr;
    const cel::Program& program = *compiled.program;
    bool good = true;
    if (in_.typed) {
      // To the services attributes are of any type, since rosters change. The roster at hand says more.
      for (const cel::Issue& issue : cel::compile(text_, *in_.typed).issues) {
        tell(issue);
        good = false;
      }
    }
    if (!fits(program.result_type(), wanted)) {
      add(0, text_.size(), "wrong_result",
          position_.place + " must give " + wanted_name(wanted) + ", not " + program.result_type().text(),
          wanted == Result::kCondition && program.result_type().kind() == TypeKind::kString
              ? "compare it: " + std::string(text_) + " == \"...\""
              : "");
      good = false;
    }
    for (const cel::VariableUse& use : program.variable_uses()) good &= check_use(use, shown);
    for (const cel::FunctionUse& use : program.function_uses()) check_call(use);
    for (const cel::Equality& equality : program.equalities()) check_equality(equality);
    for (const cel::Failure& failure : program.failures()) always_fails(failure);
    if (wanted == Result::kCondition && program.constant()) check_constant(*program.constant());
    return good ? compiled.program : nullptr;
  }

  void add(size_t at, size_t length, std::string code, std::string message, std::string hint = {},
           Severity severity = Severity::kError) {
    in_.issues.add_inside(node_, offset_ + at, length, std::move(code), std::move(message), std::move(hint), severity);
  }

 private:
  void tell(const cel::Issue& issue) {
    switch (issue.kind) {
      case cel::Issue::Kind::kSyntax:
        add(issue.place.offset, issue.place.length, "bad_expression", position_.place + ": " + issue.message,
            syntax_hint(issue.place.offset));
        return;
      case cel::Issue::Kind::kLimit:
        add(issue.place.offset, issue.place.length, "expression_limit", position_.place + ": " + issue.message);
        return;
      case cel::Issue::Kind::kUnknownName:
        unknown_name(issue);
        return;
      case cel::Issue::Kind::kUnknownFunction:
        add(issue.place.offset, issue.place.length, "unknown_function", issue.message,
            did_you_mean(issue.name, issue.candidates));
        return;
      case cel::Issue::Kind::kNoOverload:
      case cel::Issue::Kind::kType:
        add(issue.place.offset, issue.place.length, "wrong_types", issue.message, mismatch_hint(issue));
        return;
    }
  }

  std::string syntax_hint(size_t at) const {
    const std::string_view rest = text_.substr(std::min(at, text_.size()));
    std::string_view before = text_.substr(0, std::min(at, text_.size()));
    const auto length = std::find_if_not(rest.begin(), rest.end(), is_word) - rest.begin();
    const std::string_view word = rest.substr(0, static_cast<size_t>(length));
    if (rest.starts_with("=>")) return "at least is >=, at most is <=";
    if (rest.starts_with('=') && !rest.starts_with("==")) return "to compare, write ==";
    if (rest.starts_with('>') && before.ends_with('<')) return "to ask whether they differ, write !=";
    if (word == "and" || word == "AND") return "to ask for both, write &&";
    if (word == "or" || word == "OR") return "to ask for either, write ||";
    if ((word == "h" || word == "m" || word == "s" || word == "ms" || word == "min") && !before.empty() &&
        before.back() >= '0' && before.back() <= '9') {
      return "a length of time is written duration(\"90s\")";
    }
    while (before.ends_with(' ')) before.remove_suffix(1);
    if (before == "not" || before.ends_with(" not") || before.ends_with("(not")) {
      return "to ask for the opposite, write !";
    }
    if (!node_.quoted) {
      const std::string_view after = in_.text.substr(std::min(node_.at + node_.scalar.size(), in_.text.size()));
      if (after.starts_with(" #")) return "the # after it begins a comment of YAML: quote the whole expression";
    }
    return {};
  }

  // The longest beginning of a name that some declared name has, too, up to and with a dot.
  size_t known_prefix(std::string_view name) const {
    for (size_t dot = name.rfind('.'); dot != std::string_view::npos && dot > 0; dot = name.rfind('.', dot - 1)) {
      for (const cel::Environment::Variable& variable : in_.environment.variables()) {
        if (variable.name.starts_with(name.substr(0, dot + 1))) return dot + 1;
      }
    }
    return 0;
  }

  // `b` of `a-b`, of which `a` ends at `at`; and `a`, where `b` begins at `at`. Empty if there is none.
  std::string word_after_dash(size_t at) const {
    if (at >= text_.size() || text_[at] != '-') return {};
    const auto* const begin = text_.begin() + at + 1;
    return {begin, std::find_if_not(begin, text_.end(), is_word)};
  }
  std::string word_before_dash(size_t at) const {
    if (at < 2 || text_[at - 1] != '-') return {};
    size_t begin = at - 1;
    while (begin > 0 && is_word(text_[begin - 1])) --begin;
    return std::string(text_.substr(begin, at - 1 - begin));
  }

  std::string fields_of(const std::string& root) const {
    std::string list;
    for (const cel::Environment::Variable& variable : in_.environment.variables()) {
      if (!variable.name.starts_with(root + ".")) continue;
      list += (list.empty() ? "" : ", ") + variable.name.substr(root.size() + 1);
    }
    return list;
  }

  void unknown_name(const cel::Issue& issue) {
    const std::string& name = issue.name;
    const size_t known = text_.substr(issue.place.offset).starts_with(name) ? known_prefix(name) : 0;
    const size_t at = issue.place.offset + known;
    const size_t length = known > 0 ? name.size() - known : issue.place.length;
    const std::string prefix = name.substr(0, known);
    std::vector<std::string> fields;  // what may follow the part that is right
    for (const cel::Environment::Variable& variable : in_.environment.variables()) {
      if (!variable.name.starts_with(prefix)) continue;
      const std::string field = variable.name.substr(known);
      fields.push_back(known > 0 ? field : field.substr(0, field.find('.')));
    }
    if (prefix == "user_data.") {
      const std::string key = name.substr(known);
      const std::string behind = word_after_dash(at + length);  // `user_data.first-name` for first_name
      const std::string hint = did_you_mean(behind.empty() ? key : key + "_" + behind, fields);
      add(at, length, "undeclared", name + " is not declared", hint.empty() ? "declare it under user_data" : hint);
      return;
    }
    if (known > 0) {
      const std::string hint = did_you_mean(name.substr(known), fields);
      add(at, length, "unknown_name", name.substr(0, known - 1) + " has no field " + quoted(name.substr(known)),
          hint.empty() ? "it has " + fields_of(name.substr(0, known - 1)) : hint);
      return;
    }
    const std::string root = name.substr(0, name.find('.'));
    if (name == "user_data" && in_.strategy.user_data.empty()) {
      add(at, length, "undeclared", "no user_data is declared", "declare it under user_data");
      return;
    }
    if (std::find(fields.begin(), fields.end(), root) != fields.end()) {
      add(at, length, "unknown_name", yaml::quoted(root) + " is no value itself",
          "name one of its fields: " + fields_of(root));
      return;
    }
    // `user-data` for user_data, which to the language is a difference: told once, of its first half.
    const std::string behind = word_after_dash(issue.place.offset + root.size());
    const std::string before = word_before_dash(issue.place.offset);
    const auto known_name = [&](const std::string& one) {
      return std::find(fields.begin(), fields.end(), one) != fields.end();
    };
    if (!before.empty() && known_name(before + "_" + root)) return;
    if (!behind.empty() && known_name(root + "_" + behind)) {
      add(at, root.size() + 1 + behind.size(), "unknown_name", "there is no name " + quoted(root),
          "did you mean " + root + "_" + behind + "?");
      return;
    }
    fields.insert(fields.end(), {"true", "false", "null", "size", "has", "ready"});
    std::string hint = did_you_mean(root, fields);
    if (hint.empty() || name == text_) {
      hint = "if the text itself is meant, write it in quotes of its own: '\"" + name + "\"'";
      if (const std::string near = did_you_mean(root, fields); !near.empty()) hint = near;
    }
    add(at, length, "unknown_name", "there is no name " + quoted(root), hint);
  }

  // False if the name must not be read here.
  bool check_use(const cel::VariableUse& use, bool shown) {
    if (use.variable >= kUserData) {
      const routing::Declared& declared = in_.strategy.user_data[use.variable - kUserData];
      in_.used.insert(declared.key);
      if (shown && declared.secret && !use.presence_only) {
        add(use.place.offset, use.place.length, "secret_shown",
            "user_data." + declared.key + " is secret and must not be shown",
            "a secret may be attached or compared, never written for people to read");
        return false;
      }
      return true;
    }
    if (routing::is_expert_name(use.variable) && !position_.expert) {
      add(use.place.offset, use.place.length, "name_not_here",
          "there is no expert yet where " + position_.place + " is decided",
          "`where`, `pick`, `preview` and `on_accept` may ask about the expert");
      return false;
    }
    const std::string_view rest = text_.substr(use.place.offset + use.place.length);
    const std::string_view before = text_.substr(0, use.place.offset);
    switch (static_cast<NameNumber>(use.variable)) {
      case NameNumber::kHoursOpen:
        in_.reads_hours = true;
        if (!in_.hours) {
          add(use.place.offset, use.place.length, "no_hours", "hours.open needs a calendar", "name one: hours: ...");
          return false;
        }
        return true;
      case NameNumber::kExpertAttributes:
        check_named(selected(rest), use.place.offset + use.place.length, "attribute", &Directory::attributes);
        check_named(asked_in(before), 0, "attribute", &Directory::attributes);
        return true;
      case NameNumber::kExpertSkills:
        check_named(selected(rest), use.place.offset + use.place.length, "skill", &Directory::skills);
        check_named(asked_in(before), 0, "skill", &Directory::skills);
        return true;
      case NameNumber::kExpertGroups:
        check_named(asked_in(before), 0, "group", &Directory::groups);
        return true;
      case NameNumber::kExpertLanguages:
        check_named(asked_in(before), 0, "language", &Directory::languages);
        return true;
      case NameNumber::kExpertDn:
        check_medium(selected(rest), use.place.offset + use.place.length);
        return true;
      default:
        return true;
    }
  }

  // `expert.dn.voce`: a medium that looks misspelt.
  void check_medium(const std::optional<std::pair<std::string, size_t>>& name, size_t at) {
    if (!name || name->first == "im" || name->first == "voice") return;
    const std::string hint = did_you_mean(name->first, {"im", "voice"});
    if (hint.empty()) return;
    add(at + name->second, name->first.size(), "unusual_medium", quoted(name->first) + " is none of the usual media",
        hint, Severity::kWarning);
  }

  using NamesOf = std::set<std::string, std::less<>> Directory::*;

  // A name that the roster should know; `at` is added to its place.
  void check_named(const std::optional<std::pair<std::string, size_t>>& name, size_t at, const std::string& kind,
                   NamesOf names) {
    if (!name || !in_.world.directory) return;
    const auto& known = (*in_.world.directory).*names;
    if (known.contains(name->first)) return;
    std::string message = "no expert of the roster has the " + kind + " " + quoted(name->first);
    if (kind == "expert") message = "the roster has no expert " + quoted(name->first);
    if (kind == "group") message = "no expert of the roster is in the group " + quoted(name->first);
    add(at + name->second, name->first.size(), "unknown_" + kind, message, did_you_mean(name->first, words(known)));
  }

  // ready("skill") and ready("skill", level).
  void check_call(const cel::FunctionUse& use) {
    const std::string_view call = text_.substr(use.place.offset);
    const size_t open = call.find('(');
    if (!call.starts_with("ready") || open == std::string_view::npos || open + 1 >= call.size()) return;
    const char quote = call[open + 1];
    if (quote != '"' && quote != '\'') return;
    const size_t close = call.find(quote, open + 2);
    if (close == std::string_view::npos) return;
    check_named(std::pair(std::string(call.substr(open + 2, close - open - 2)), open + 1), use.place.offset, "skill",
                &Directory::skills);
  }

  void check_equality(const cel::Equality& equality) {
    if (equality.variable >= kUserData) {
      const routing::Declared& declared = in_.strategy.user_data[equality.variable - kUserData];
      if (declared.one_of.empty()) return;
      for (const cel::Equality::Literal& literal : equality.literals) check_one_of(declared, literal);
      return;
    }
    for (const cel::Equality::Literal& literal : equality.literals) {
      if (literal.value.kind() != Value::Kind::kString) continue;
      const std::string text(literal.value.as_string());
      switch (static_cast<NameNumber>(equality.variable)) {
        case NameNumber::kExpertState:
          if (std::find(kStates.begin(), kStates.end(), text) == kStates.end()) {
            const std::string hint = did_you_mean(text, kStates);
            add(literal.place.offset, literal.place.length, "unknown_state", quoted(text) + " is no state of presence",
                hint.empty() ? "online, busy, away, on_the_phone, appear_offline, offline" : hint);
          }
          break;
        case NameNumber::kExpertSite:
          check_named(std::pair(text, literal.place.offset), 0, "site", &Directory::sites);
          break;
        case NameNumber::kExpertId:
          check_named(std::pair(text, literal.place.offset), 0, "expert", &Directory::experts);
          break;
        default:
          break;
      }
    }
  }

  // A number may be written as int or double; other kinds of literals do not get past the types.
  void check_one_of(const routing::Declared& declared, const cel::Equality::Literal& literal) {
    const Value& value = literal.value;
    const auto number = [&]() -> std::optional<double> {
      if (value.kind() == Value::Kind::kInt) return static_cast<double>(value.as_int());
      if (value.kind() == Value::Kind::kUint) return static_cast<double>(value.as_uint());
      if (value.kind() == Value::Kind::kDouble) return value.as_double();
      return std::nullopt;
    }();
    std::vector<std::string> texts;
    for (const routing::Literal& one : declared.one_of) {
      if (const auto* text = std::get_if<std::string>(&one)) {
        texts.push_back(*text);
        if (value.kind() == Value::Kind::kString && value.as_string() == *text) return;
      }
      if (const auto* whole = std::get_if<int64_t>(&one); whole && number == static_cast<double>(*whole)) return;
      if (const auto* real = std::get_if<double>(&one); real && number == *real) return;
      if (const auto* flag = std::get_if<bool>(&one); flag && value.kind() == Value::Kind::kBool) {
        if (value.as_bool() == *flag) return;
      }
    }
    const bool is_text = value.kind() == Value::Kind::kString;
    if (!is_text && !number && value.kind() != Value::Kind::kBool) return;
    // An empty text asks whether there is one at all.
    if (is_text && value.as_string().empty()) return;
    add(literal.place.offset, literal.place.length, "not_one_of",
        "user_data." + declared.key + " is never " + cel::to_text(value) + ": its one_of does not have it",
        is_text ? did_you_mean(value.as_string(), texts) : "");
  }

  void always_fails(const cel::Failure& failure) {
    const std::string_view part = text_.substr(failure.place.offset, failure.place.length);
    const bool literal = part.starts_with('"') || part.starts_with('\'');
    const std::string_view inner = literal && part.size() > 1 ? part.substr(1, part.size() - 2) : std::string_view();
    const std::string_view before = text_.substr(0, failure.place.offset);
    std::string hint;
    if (before.ends_with("duration(")) {
      hint = yaml::duration_hint(inner);
    } else if (before.ends_with("timestamp(")) {
      hint = "such as 2026-11-23T09:00:00Z, or +01:00 for Z";
    } else if (failure.message.starts_with("no such time zone")) {
      hint = zone_hint(std::string(inner));
    }
    add(failure.place.offset, failure.place.length, "always_fails",
        "this always fails: " + std::string(failure.message), hint);
  }

  void check_constant(const Value& constant) {
    if (constant.is_true()) {
      add(0, text_.size(), "always_true", position_.place + " always holds", "leave it out, or see what is missing",
          Severity::kWarning);
    } else if (constant.is_false()) {
      add(0, text_.size(), "always_false", position_.place + " never holds", "see which part of it rules out the rest",
          Severity::kWarning);
    }
  }

  Reading& in_;
  const yaml::Node& node_;
  const size_t offset_;
  const std::string_view text_;
  const Position& position_;
};

// Where `${` at `open` is closed: braces and texts in between are skipped.
size_t closing_brace(std::string_view text, size_t open) {
  int depth = 0;
  for (size_t at = open + 1; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '{') ++depth;
    if (c == '}' && --depth == 0) return at;
    if (c != '"' && c != '\'') continue;
    size_t close = at + 1;
    while (close < text.size() && text[close] != c) close += text[close] == '\\' ? 2 : 1;
    if (close >= text.size()) return std::string_view::npos;
    at = close;
  }
  return std::string_view::npos;
}

// `$user_data.topic` and `{user_data.topic}` are shown as they stand.
void check_plain(Reading& in, const yaml::Node& node, std::string_view text) {
  for (const cel::Environment::Variable& variable : in.environment.variables()) {
    const std::string& name = variable.name;
    if (name.find('.') == std::string::npos) continue;  // `now` is a word of many texts
    for (size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
      if (at + name.size() < text.size() && is_word(text[at + name.size()])) continue;
      const bool dollar = at > 0 && text[at - 1] == '$';
      const bool brace = at > 0 && text[at - 1] == '{' && (at < 2 || text[at - 2] != '$');
      if (!dollar && !brace) continue;
      in.issues.add_inside(node, at - 1, name.size() + (brace ? 2 : 1), "not_filled_in",
                           name + " is shown by its name, not by its value", "for its value, write ${" + name + "}",
                           Severity::kWarning);
    }
  }
}

}  // namespace

std::optional<routing::Expression> read_expression(Reading& in, const yaml::Node& node, Result wanted,
                                                   const Position& position) {
  const auto text = yaml::read_name(node, position.place, in.issues);
  if (!text) return std::nullopt;
  Part part(in, node, 0, *text, position);
  auto program = part.compile(wanted, false);
  if (!program) return std::nullopt;
  return routing::Expression{.program = std::move(program), .place = position.place, .line = node.mark.line};
}

std::optional<routing::Text> read_template(Reading& in, const yaml::Node& node, const Position& position) {
  const auto scalar = yaml::read_text(node, position.place, in.issues);
  if (!scalar) return std::nullopt;
  const std::string_view text = *scalar;
  routing::Text parts;
  std::string plain;
  bool good = true;
  size_t expressions = 0;
  for (size_t at = 0; at < text.size();) {
    if (text.substr(at).starts_with("$${")) {
      plain += "${";
      at += 3;
      continue;
    }
    if (!text.substr(at).starts_with("${")) {
      plain += text[at++];
      continue;
    }
    if (++expressions > kMaxExpressions) {
      in.issues.add_inside(node, at, 2, "out_of_range",
                           position.place + " has more than " + std::to_string(kMaxExpressions) + " expressions");
      return std::nullopt;
    }
    const size_t close = closing_brace(text, at);
    if (close == std::string_view::npos) {
      in.issues.add_inside(node, at, 2, "text_not_closed", position.place + ": ${ without }",
                           "for the two characters themselves, write $${");
      return std::nullopt;
    }
    const std::string_view inside = text.substr(at + 2, close - at - 2);
    if (inside.find_first_not_of(" \t\n") == std::string_view::npos) {
      in.issues.add_inside(node, at, close + 1 - at, "bad_expression", position.place + ": there is nothing in ${}",
                           "for the characters themselves, write $${}");
      good = false;
    } else if (auto program = Part(in, node, at + 2, inside, position).compile(Result::kScalar, true)) {
      if (!plain.empty()) parts.emplace_back(std::exchange(plain, {}));
      parts.emplace_back(
          routing::Expression{.program = std::move(program), .place = position.place, .line = node.mark.line});
    } else {
      good = false;
    }
    at = close + 1;
  }
  if (!plain.empty()) parts.emplace_back(std::move(plain));
  if (!good) return std::nullopt;
  check_plain(in, node, text);
  return parts;
}

}  // namespace expertline::strategy
