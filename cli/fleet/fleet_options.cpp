#include "cli/fleet/fleet_options.hpp"

#include "cli/config_file.hpp"
#include "cli/exit_status.hpp"
#include "cli/fleet/environment.hpp"
#include "cli/text_file.hpp"
#include "engine/net/config_error.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <sstream>

namespace dispatch::cli {

void FleetOptions::add_value(CLI::App& command, const char* name, std::string& value,
                             const char* type, const char* help) {
  auto* option = command.add_option(name, value, help)->type_name(type);
  if (!value.empty()) option->default_str(value);
}

void FleetOptions::add_list(CLI::App& command, const char* name, std::vector<std::string>& values,
                            const char* type, const char* help) {
  command.add_option(name, values, help)->allow_extra_args(false)->type_name(type);
}

void FleetOptions::add_targets(CLI::App& command) {
  add_list(command, "--allow-target", allowed_, "TARGET",
           "Execute requests only to this: a name, *.NAME, an address or a prefix; may be given "
           "several times. A private address or prefix is allowed by it, too");
  add_list(command, "--deny-target", denied_, "TARGET",
           "Execute no requests to this; as --allow-target has it");
  command.add_flag("--allow-private", private_,
                   "Execute requests to private addresses, too: this machine, local networks");
}

void FleetOptions::add_log_level(CLI::App& command) {
  command.add_flag("-d,--debug", debug_, "As --log-level debug");
  add_value(command, "--log-level", log_level_, "LEVEL",
            "debug, info, warning or error. The log is written to standard output");
}

void FleetOptions::add_config(CLI::App& command) {
  command_ = &command;
  add_value(command, "--config", config_, "FILE",
            "A file of such options, without the dashes: port = \"8000\". The command line counts "
            "more than the file, and that more than variables DISPATCHER_OPTION");
}

void FleetOptions::complete(const std::vector<std::pair<std::string, std::string>>& aliases) {
  if (config_.empty()) config_ = fleet_variable("CONFIG");
  if (!config_.empty()) ConfigFile(config_).apply_to(*command_);
  apply_environment(*command_, aliases);
}

fleet::TargetPolicy FleetOptions::targets() const {
  fleet::TargetPolicy policy;
  const auto add = [](const char* option, const std::vector<std::string>& texts, auto& patterns) {
    for (const auto& text : texts) {
      try {
        patterns.emplace_back(text);
      } catch (const net::ConfigError& error) {
        throw UsageError(fmt::format("{}: {}", option, error.what()));
      }
    }
  };
  add("--allow-target", allowed_, policy.allowed);
  add("--deny-target", denied_, policy.denied);
  policy.private_addresses = private_;
  return policy;
}

net::LogLevel FleetOptions::log_level() const {
  if (debug_) return net::LogLevel::debug;
  std::string text = log_level_;
  for (auto& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  const auto level = net::parse_log_level(text == "critical" ? "error" : text);
  if (level) return *level;
  throw UsageError(
      fmt::format("--log-level: '{}' is not debug, info, warning or error", log_level_));
}

std::vector<std::string> FleetOptions::tokens(const std::string& option, const std::string& path,
                                              const char* variable) {
  const auto of_environment = fleet_variable(variable);
  if (path.empty()) {
    return of_environment.empty() ? std::vector<std::string>()
                                  : std::vector<std::string>{of_environment};
  }
  std::istringstream lines(read_text_file(path));
  std::vector<std::string> found;
  for (std::string line; std::getline(lines, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (!line.empty() && line.front() != '#') found.push_back(line);
  }
  if (found.empty()) {
    throw net::ConfigError(
        fmt::format("{}: {}: no token in it: write one on a line", option, path));
  }
  warn_of_other_readers(path, "a token");
  return found;
}

}  // namespace dispatch::cli
