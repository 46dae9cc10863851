#include "app/config.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <utility>

#include "yaml/yaml.h"

namespace expertline::app {
namespace {

constexpr const char* kConfig = "config";
constexpr const char* kPrintConfig = "print-config";

// "user-data-limit" of --user-data-limit; empty: it has no long name.
std::string key_of(const CLI::Option& option) { return option.get_lnames().empty() ? "" : option.get_lnames().front(); }

std::string variable_of(const std::string& key) {
  return "EXPERTLINE_" + absl::AsciiStrToUpper(absl::StrReplaceAll(key, {{"-", "_"}}));
}

// What can be set in a file.
bool is_setting(const CLI::Option& option) {
  const std::string key = key_of(option);
  return !key.empty() && key != "help" && key != "version" && key != kConfig && key != kPrintConfig;
}

bool is_list(const CLI::Option& option) { return option.get_items_expected_max() > 1; }
bool is_flag(const CLI::Option& option) { return option.get_items_expected_max() == 0; }

std::map<std::string, CLI::Option*> settings_of(CLI::App& app) {
  std::map<std::string, CLI::Option*> all;
  for (CLI::Option* option : app.get_options()) {
    if (is_setting(*option)) all[key_of(*option)] = option;
  }
  return all;
}

// The value of an option on the command line; nullopt if it is not there.
std::optional<std::string> on_command_line(const std::vector<std::string>& arguments, const std::string& key) {
  const std::string name = "--" + key;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == name) return i + 1 < arguments.size() ? arguments[i + 1] : "";
    if (arguments[i].starts_with(name + "=")) return arguments[i].substr(name.size() + 1);
  }
  return std::nullopt;
}

// Why the option cannot have these values; empty: it can. Sets its variable.
std::string fault_of(CLI::Option& option, const std::vector<std::string>& values) {
  std::string fault;
  try {
    if (is_flag(option)) {
      if (!yaml::to_bool(values.at(0))) return "must be true or false";
      return "";
    }
    for (const std::string& value : values) option.add_result(value);
    option.run_callback();
  } catch (const CLI::Error& error) {
    fault = error.what();
    const std::string prefix = option.get_name() + ": ";
    if (fault.starts_with(prefix)) fault.erase(0, prefix.size());
  }
  option.clear();
  return fault;
}

void append(std::vector<std::string>& arguments, const CLI::Option& option, const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    if (is_flag(option)) {
      if (value == "true") arguments.push_back("--" + key_of(option));
    } else {
      arguments.push_back("--" + key_of(option));
      arguments.push_back(value);
    }
  }
}

// The values a file gives; an issue if they are of no form that an option can have.
std::optional<std::vector<std::string>> values_of(const yaml::Entry& entry, const CLI::Option& option,
                                                  yaml::Issues& issues) {
  using Kind = yaml::Node::Kind;
  std::vector<std::string> values;
  if (entry.value.kind == Kind::kScalar) {
    values.push_back(entry.value.scalar);
  } else if (entry.value.kind == Kind::kList && is_list(option) && !entry.value.items.empty()) {
    for (const yaml::Node& item : entry.value.items) {
      if (item.kind != Kind::kScalar) {
        issues.add(item.mark, "not_a_value", entry.key + " has values in its list");
        return std::nullopt;
      }
      values.push_back(item.scalar);
    }
  } else {
    issues.add(entry.value.mark, "not_a_value",
               entry.key + " is a " + (is_list(option) ? "list of values, or one value" : "single value"));
    return std::nullopt;
  }
  return values;
}

void read_file(const std::string& path, const std::map<std::string, CLI::Option*>& options, Settings& settings,
               std::string& faults) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.is_open() || file.bad()) {
    faults += path + ": cannot be read\n";
    return;
  }
  yaml::Issues issues(path);
  const auto tree = yaml::parse(text, issues);
  std::vector<std::string> names;
  for (const auto& [key, option] : options) names.push_back(key);
  if (tree && tree->kind != yaml::Node::Kind::kMap && tree->kind != yaml::Node::Kind::kNull) {
    issues.add(tree->mark, "not_a_map", "a configuration is a map of settings");
  }
  for (const yaml::Entry& entry : tree ? tree->entries : std::vector<yaml::Entry>()) {
    const auto known = options.find(entry.key);
    if (known == options.end()) {
      issues.add(entry.mark, "unknown_setting", "there is no setting " + yaml::quoted(entry.key),
                 yaml::did_you_mean(entry.key, names));
      continue;
    }
    const auto values = values_of(entry, *known->second, issues);
    if (!values) continue;
    const std::string fault = fault_of(*known->second, *values);
    if (!fault.empty()) {
      issues.add(entry.value.mark, "bad_setting", entry.key + ": " + fault);
    } else if (!settings.origins.contains(entry.key)) {
      append(settings.arguments, *known->second, *values);
      settings.origins[entry.key] =
          path + ":" + std::to_string(entry.mark.line) + ":" + std::to_string(entry.mark.column);
    }
  }
  for (const yaml::Issue& issue : issues.take()) faults += yaml::to_string(issue) + "\n";
}

// What an option has: what was given, else its default.
std::vector<std::string> values_now(const CLI::Option& option) {
  if (option.count() > 0) return option.results();
  std::string text = option.get_default_str();
  if (is_list(option) && text.starts_with('[')) {
    text = text.substr(1, text.size() - 2);
    return absl::StrSplit(text, ',');
  }
  return {text};
}

}  // namespace

void add_config_options(CLI::App& app) {
  app.add_option(std::string("--") + kConfig,
                 "File (YAML) of settings: the names of these options without dashes before them");
  app.add_flag_callback(
      std::string("--") + kPrintConfig, [] {}, "Print the settings as they are, as such a file, and end");
}

bool has_config_options(const CLI::App& app) {
  return app.get_option_no_throw(std::string("--") + kPrintConfig) != nullptr;
}

bool asked_to_print(const CLI::App& app) { return app.get_option(std::string("--") + kPrintConfig)->count() > 0; }

Result<Settings> with_config(CLI::App& app, const std::vector<std::string>& arguments) {
  Settings settings{.arguments = arguments, .origins = {}};
  const auto options = settings_of(app);
  std::string faults;
  for (const auto& [key, option] : options) {
    if (on_command_line(arguments, key)) {
      settings.origins[key] = "command line";
      continue;
    }
    const char* text = std::getenv(variable_of(key).c_str());
    if (text == nullptr) continue;
    const std::vector<std::string> values =
        is_list(*option) ? std::vector<std::string>(absl::StrSplit(text, ',')) : std::vector<std::string>{text};
    const std::string fault = fault_of(*option, values);
    if (!fault.empty()) faults += variable_of(key) + ": " + fault + "\n";
    append(settings.arguments, *option, values);
    settings.origins[key] = variable_of(key);
  }
  std::string path = on_command_line(arguments, kConfig).value_or("");
  if (path.empty()) {
    if (const char* named = std::getenv(variable_of(kConfig).c_str())) path = named;
  }
  if (!path.empty()) read_file(path, options, settings, faults);
  if (faults.empty()) return settings;
  faults.pop_back();
  return Error{.reason = v1::ERROR_REASON_INVALID_FIELD, .message = faults, .metadata = {{"field", "config"}}};
}

std::string config_text(const CLI::App& app, const std::map<std::string, std::string>& origins) {
  std::string text;
  for (const CLI::Option* option : app.get_options()) {
    if (!is_setting(*option)) continue;
    const std::string key = key_of(*option);
    std::vector<std::string> values = values_now(*option);
    if (is_flag(*option)) values = {option->count() > 0 ? "true" : "false"};
    std::transform(values.begin(), values.end(), values.begin(), yaml::quoted);
    const auto origin = origins.find(key);
    text += key + ": " + (is_list(*option) ? "[" + absl::StrJoin(values, ", ") + "]" : values.at(0)) + "  # " +
            (origin == origins.end() ? "default" : origin->second) + "\n";
  }
  return text;
}

std::string config_reference(const CLI::App& app) {
  std::string text = "| setting | variable | value | default | meaning |\n| --- | --- | --- | --- | --- |\n";
  const auto cell = [](const std::string& content) {
    return absl::StrReplaceAll(content, {{"|", "\\|"}, {"\n", " "}});
  };
  for (const CLI::Option* option : app.get_options()) {
    if (!is_setting(*option)) continue;
    const std::string key = key_of(*option);
    const std::string value = is_flag(*option) ? "true, false" : option->get_type_name();
    const std::string standard = is_flag(*option) ? "false" : absl::StrJoin(values_now(*option), ", ");
    text += "| `" + key + "` | `" + variable_of(key) + "` | " + cell(value) + " | " +
            (standard.empty() ? (option->get_required() ? "must be given" : "none") : "`" + cell(standard) + "`") +
            " | " + cell(option->get_description()) + " |\n";
  }
  return text;
}

std::optional<int> parse_config(CLI::App& app, int argc, const char* const* argv) {
  const std::vector<std::string> given(argv + 1, argv + argc);
  std::map<std::string, std::string> origins;
  try {
    const auto settings = with_config(app, given);
    if (!settings) {
      std::cerr << settings.error().message << "\n";
      return 2;
    }
    origins = settings->origins;
    app.parse(std::vector<std::string>(settings->arguments.rbegin(), settings->arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (!asked_to_print(app)) return std::nullopt;
  std::cout << config_text(app, origins);
  return 0;
}

}  // namespace expertline::app
