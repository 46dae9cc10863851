#include "expertline/eval/json_lines.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "cel/program.h"
#include "expertline/eval/typed_value.h"

namespace expertline::cli {
namespace {

using nlohmann::json;
using Answer = nlohmann::ordered_json;

constexpr uint64_t kBudget = 10'000'000;

// Why a line is no request.
struct NoRequest {
  std::string why;
};

class Bindings final : public cel::Activation {
 public:
  std::optional<cel::Value> variable(size_t number, cel::Arena&) const override {
    return number < values_.size() ? values_[number] : std::nullopt;
  }

  void bind(size_t number, cel::Value value) {
    if (values_.size() <= number) values_.resize(number + 1);
    values_[number] = value;
  }

 private:
  std::vector<std::optional<cel::Value>> values_;
};

struct Request {
  std::string expr;
  cel::Environment environment;
  Bindings bindings;
  cel::Options options;
  bool check_only = false;
};

template <typename T>
void read(const json& object, const char* field, T& into, bool (json::*is)() const noexcept) {
  const auto found = object.find(field);
  if (found == object.end()) return;
  if (!((*found).*is)()) throw NoRequest{std::string("the field ") + field + " is not of its type"};
  into = found->get<T>();
}

const json& object_in(const json& object, const char* field) {
  static const json kEmpty = json::object();
  const auto found = object.find(field);
  if (found == object.end()) return kEmpty;
  if (!found->is_object()) throw NoRequest{std::string("the field ") + field + " is no object"};
  return *found;
}

void read_request(std::string_view line, cel::Arena& arena, Request& request) {
  const json object = json::parse(line, nullptr, false);
  if (!object.is_object()) throw NoRequest{"the line is no JSON object"};
  if (!object.contains("expr")) throw NoRequest{"the field expr is missing"};
  read(object, "expr", request.expr, &json::is_string);
  read(object, "container", request.options.container, &json::is_string);
  read(object, "disable_check", request.options.disable_check, &json::is_boolean);
  read(object, "disable_macros", request.options.disable_macros, &json::is_boolean);
  read(object, "check_only", request.check_only, &json::is_boolean);
  for (const auto& [name, text] : object_in(object, "types").items()) {
    const auto type = text.is_string() ? cel::Type::parse(text.get_ref<const std::string&>()) : std::nullopt;
    if (!type) throw NoRequest{"the type of " + name + " is none"};
    request.environment.declare_variable(name, *type);
  }
  for (const auto& [name, typed] : object_in(object, "bindings").items()) {
    const auto value = read_typed_value(typed, arena);
    if (!value) throw NoRequest{"the value of " + name + " is none"};
    const auto declared = request.environment.find_variable(name);
    request.bindings.bind(declared ? *declared : request.environment.declare_variable(name, cel::TypeKind::kDyn),
                          *value);
  }
}

Answer error(std::string message, const char* phase) { return {{"error", std::move(message)}, {"phase", phase}}; }

Answer evaluate(const Request& request, cel::Arena& arena) {
  const cel::Compiled compiled = cel::compile(request.expr, request.environment, request.options);
  if (!compiled.program) {
    std::string messages;
    for (const auto& issue : compiled.issues) messages += (messages.empty() ? "" : "; ") + issue.message;
    return error(std::move(messages), compiled.issues.front().is_parse() ? "parse" : "check");
  }
  Answer answer;
  if (!request.check_only) {
    cel::Budget budget{.left = kBudget};
    const cel::Value value = compiled.program->evaluate(request.bindings, arena, budget);
    if (value.is_error()) return error(std::string(value.as_error().message), "eval");
    auto typed = write_typed_value(value);
    if (!typed) return error("the value is too large to be written", "eval");
    answer["value"] = std::move(*typed);
  }
  answer["type"] = compiled.program->result_type().text();
  return answer;
}

}  // namespace

std::string JsonLines::answer(std::string_view line) {
  arena_.reset();
  Answer answer;
  try {
    Request request;
    read_request(line, arena_, request);
    answer = evaluate(request, arena_);
  } catch (const NoRequest& no_request) {
    answer = error(no_request.why, "parse");
  }
  return answer.dump(-1, ' ', false, Answer::error_handler_t::replace);
}

}  // namespace expertline::cli
