#include "cli/config_file.hpp"

#include "cli/text_file.hpp"
#include "engine/net/config_error.hpp"
#include "engine/units/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <sstream>

namespace dispatch::cli {
namespace {

// Options of the program, and not of how it is to run.
bool has_key(const CLI::Option& option) {
  const auto& names = option.get_lnames();
  return names.empty() || (names[0] != "help" && names[0] != "config");
}

std::string key_of(const CLI::Option& option) {
  return option.get_lnames().empty() ? kLinksKey : option.get_lnames().front();
}

std::vector<const CLI::Option*> options_with_keys(const CLI::App& command) {
  std::vector<const CLI::Option*> options;
  for (const auto* option : command.get_options()) {
    if (has_key(*option)) options.push_back(option);
  }
  return options;
}

bool is_flag(const CLI::Option& option) {
  return option.get_expected_min() == 0;
}
bool is_list(const CLI::Option& option) {
  return option.get_expected_max() > 1;
}
bool names_file(const CLI::Option& option) {
  return option.get_type_name() == "FILE";
}

// Where the one stands on the command line, the other does not count in a file.
bool is_overruled(const CLI::App& command, const std::string& key) {
  const auto given = [&](const char* name) {
    const auto* option = command.get_option_no_throw(name);
    return option != nullptr && option->count() != 0;
  };
  if (key == "listen") return given("--ip") || given("--port");
  if (key == "ip" || key == "port") return given("--listen");
  return false;
}

void add_wrapped(std::string& out, const std::string& text) {
  constexpr std::size_t kWidth = 79;
  std::istringstream words(text);
  std::string line = "#";
  for (std::string word; words >> word;) {
    if (line.size() + 1 + word.size() > kWidth) {
      out += line + '\n';
      line = "#";
    }
    line += ' ' + word;
  }
  out += line + '\n';
}

std::string example_value(const CLI::Option& option) {
  if (is_flag(option)) return "false";
  if (is_list(option)) return "[]";
  return '"' + option.get_default_str() + '"';
}

}  // namespace

ConfigFile::ConfigFile(std::string path)
    : path_(std::move(path)), entries_(parse_config_text(read_text_file(path_), path_)) {}

void ConfigFile::fail(int line, const std::string& what) const {
  throw net::ConfigError(fmt::format("{}:{}: {}", path_, line, what));
}

CLI::Option& ConfigFile::option_of(CLI::App& command, const ConfigEntry& entry) const {
  std::vector<std::string> keys;
  for (auto* option : command.get_options()) {
    if (!has_key(*option)) continue;
    if (key_of(*option) == entry.key) return *option;
    keys.push_back(key_of(*option));
  }
  const auto near = units::suggestion(entry.key, keys);
  fail(entry.line, near.empty()
                       ? fmt::format("there is no '{}'; see 'dispatch config example'", entry.key)
                       : fmt::format("there is no '{}'; did you mean '{}'?", entry.key, near));
}

// systemd starts programs in /, and people start them anywhere.
std::string ConfigFile::meant(const CLI::Option& option, const ConfigEntry& entry,
                              const ConfigValue& value) const {
  if (is_flag(option) && value.text != "true" && value.text != "false") {
    fail(value.line, fmt::format("{}: '{}' is neither true nor false", entry.key, value.text));
  }
  // The history of a coordinator may be in no file.
  const bool is_file = value.text != "none" && value.text.find("://") == std::string::npos;
  if (!names_file(option) || value.text.empty() || !is_file) return value.text;
  return std::filesystem::path(path_).parent_path() / value.text;
}

void ConfigFile::give(CLI::Option& option, const ConfigEntry& entry) const {
  for (const auto& value : entry.values) {
    const auto text = meant(option, entry, value);
    if (is_flag(option) && text == "false") continue;
    option.add_result(text);
  }
  if (option.count() != 0) option.run_callback();
}

void ConfigFile::apply_to(CLI::App& command) const {
  std::vector<std::pair<CLI::Option*, const ConfigEntry*>> open;
  for (const auto& entry : entries_) {
    auto& option = option_of(command, entry);
    if (entry.is_list && !is_list(option)) {
      fail(entry.line, fmt::format("{} takes one value, and no list", entry.key));
    }
    // Looked at before any is given: what the file gives overrules nothing.
    if (option.count() == 0 && !is_overruled(command, entry.key))
      open.emplace_back(&option, &entry);
  }
  for (const auto& [option, entry] : open) give(*option, *entry);
}

void ConfigFile::apply_value(CLI::App& command, const ConfigEntry& entry,
                             const ConfigValue& value) const {
  ConfigEntry alone = entry;
  alone.values = {value};
  give(option_of(command, entry), alone);
}

std::string example_config(const CLI::App& command, bool reloads) {
  std::string out;
  add_wrapped(out,
              fmt::format("Configuration of dispatch: dispatch {} --config FILE. Each line that "
                          "begins with '#KEY =' shows the default. The command line counts more "
                          "than this file{}",
                          command.get_name(),
                          reloads ? "; after a change, 'dispatch reload' or SIGHUP applies what "
                                    "can change while it runs."
                                  : ", and this file more than variables DISPATCHER_KEY."));
  for (const auto* option : options_with_keys(command)) {
    out += '\n';
    add_wrapped(out, option->get_description());
    out += fmt::format("#{} = {}\n", key_of(*option), example_value(*option));
  }
  return out;
}

GivenOptions given_options(const CLI::App& command) {
  GivenOptions given;
  for (const auto* option : options_with_keys(command)) {
    given.emplace_back(key_of(*option), option->results());
  }
  return given;
}

}  // namespace dispatch::cli
