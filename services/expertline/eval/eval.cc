// `expertline eval`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "cel/program.h"
#include "expertline/command.h"
#include "expertline/eval/json_lines.h"

namespace expertline::cli {
namespace {

constexpr uint64_t kBudget = 10'000'000;

struct Options {
  std::string expression;
  std::vector<std::string> lets;
  bool json = false;
};

class Lets final : public cel::Activation {
 public:
  std::optional<cel::Value> variable(size_t number, cel::Arena&) const override { return values[number]; }

  std::vector<cel::Value> values;
};

int fail(const std::string& why) {
  fmt::print(stderr, "expertline: {}\n", why);
  return 1;
}

// The message, and the line with what is meant underlined.
void show(const std::string& text, cel::Place place, std::string_view message) {
  fmt::print(stderr, "expertline: {}\n", message);
  const size_t begin = place.offset == 0 ? 0 : text.rfind('\n', place.offset - 1) + 1;
  const size_t end = std::min(text.find('\n', begin), text.size());
  const size_t length = std::max<size_t>(1, std::min(place.length, end - std::min(end, place.offset)));
  const auto columns = [&](size_t from, size_t bytes) {
    size_t count = 0;
    for (const char c : text.substr(from, bytes)) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
    return count;
  };
  fmt::print(stderr, "  {}\n  {}{}\n", text.substr(begin, end - begin),
             std::string(columns(begin, place.offset - begin), ' '),
             std::string(std::max<size_t>(1, columns(std::min(place.offset, end), length)), '^'));
}

int json_lines() {
  JsonLines lines;
  for (std::string line; std::getline(std::cin, line);) std::cout << lines.answer(line) << '\n' << std::flush;
  return std::cout.good() ? 0 : 1;
}

int evaluate(const Options& options) {
  cel::Environment environment;
  Lets lets;
  std::vector<std::shared_ptr<const cel::Program>> programs;  // which own the values
  for (const std::string& let : options.lets) {
    const size_t equals = let.find('=');
    if (equals == 0 || equals == std::string::npos) return fail("--let takes NAME=VALUE, and this is " + let);
    const cel::Compiled value = cel::compile(let.substr(equals + 1), cel::Environment());
    if (!value.program || !value.program->constant()) {
      return fail(fmt::format("the value of {} is none; a text is quoted: --let '{}=\"...\"'", let.substr(0, equals),
                              let.substr(0, equals)));
    }
    const size_t number = environment.declare_variable(let.substr(0, equals), value.program->result_type());
    lets.values.resize(environment.variables().size());
    lets.values[number] = *value.program->constant();
    programs.push_back(value.program);
  }
  const cel::Compiled compiled = cel::compile(options.expression, environment);
  for (const auto& issue : compiled.issues) show(options.expression, issue.place, issue.message);
  if (!compiled.program) return 1;
  cel::Arena arena;
  cel::Budget budget{.left = kBudget};
  const cel::Value value = compiled.program->evaluate(lets, arena, budget);
  if (value.is_error()) {
    show(options.expression, {value.as_error().offset, value.as_error().length}, value.as_error().message);
    return 1;
  }
  fmt::print("{}: {}\n", cel::to_text(value), compiled.program->result_type().text());
  return 0;
}

}  // namespace

Run declare_eval(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* const expression = app.add_option("expression", options->expression, "What to evaluate");
  app.add_option("--let", options->lets, "NAME=VALUE: a name in the expression; the value is an expression too")
      ->allow_extra_args(false)
      ->needs(expression);
  app.add_flag("--json", options->json, "Answer requests on stdin, each a line of JSON, with a line of JSON each")
      ->excludes(expression);
  return [options, expression] {
    if (options->json) return json_lines();
    if (expression->empty()) return fail("an expression is needed, or --json");
    return evaluate(*options);
  };
}

}  // namespace expertline::cli
