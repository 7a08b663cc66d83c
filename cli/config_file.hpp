// The configuration file of `dispatch start`, and of the fleet's commands: its keys are the long
// names of the options, and `links` for the links themselves. What is given on the command line
// counts more.
#pragma once

#include "cli/config_text.hpp"

#include <CLI/App.hpp>

#include <string>
#include <vector>

namespace dispatch::cli {

// The key of what stands on the command line without an option.
inline constexpr auto kLinksKey = "links";

class ConfigFile {
 public:
  // Throws net::ConfigError: the file, the line, what is wrong.
  explicit ConfigFile(std::string path);

  const std::string& path() const { return path_; }
  const std::vector<ConfigEntry>& entries() const { return entries_; }

  // Gives the options of `command` that its command line has not given. Files that it names are
  // looked for beside it. Throws net::ConfigError.
  void apply_to(CLI::App& command) const;

  // One value of one entry, by itself: to find out which line an error comes from.
  void apply_value(CLI::App& command, const ConfigEntry& entry, const ConfigValue& value) const;

 private:
  [[noreturn]] void fail(int line, const std::string& what) const;
  CLI::Option& option_of(CLI::App& command, const ConfigEntry& entry) const;
  void give(CLI::Option& option, const ConfigEntry& entry) const;
  std::string meant(const CLI::Option& option, const ConfigEntry& entry,
                    const ConfigValue& value) const;

  std::string path_;
  std::vector<ConfigEntry> entries_;
};

// Every key with its default, behind a # each, and what it is.
// `reloads`: what runs reads it again.
std::string example_config(const CLI::App& command, bool reloads);

// What each option of `command` was given, by its key: to see what has changed.
using GivenOptions = std::vector<std::pair<std::string, std::vector<std::string>>>;
GivenOptions given_options(const CLI::App& command);

}  // namespace dispatch::cli
