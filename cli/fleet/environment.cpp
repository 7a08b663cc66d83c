#include "cli/fleet/environment.hpp"

#include "cli/console.hpp"
#include "cli/exit_status.hpp"
#include "engine/units/suggestion.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <unistd.h>

namespace dispatch::cli {
namespace {

constexpr std::string_view kPrefix = "DISPATCHER_";

std::string upper(std::string_view text) {
  std::string out(text);
  for (auto& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == '-') c = '_';
  }
  return out;
}

void give(CLI::Option& option, const std::string& variable, const std::string& text) {
  const bool is_flag = option.get_expected_min() == 0;
  if (is_flag) {
    if (text == "false" || text == "0" || text == "no") return;
    if (text != "true" && text != "1" && text != "yes") {
      throw UsageError(
          fmt::format("{}{}: '{}' is neither true nor false", kPrefix, variable, text));
    }
    option.add_result("true");
  } else if (option.get_expected_max() > 1) {
    std::size_t begin = 0;
    while (begin <= text.size()) {
      const auto end = std::min(text.find(',', begin), text.size());
      if (end > begin) option.add_result(text.substr(begin, end - begin));
      begin = end + 1;
    }
  } else {
    option.add_result(text);
  }
  if (option.count() != 0) option.run_callback();
}

}  // namespace

std::string fleet_variable(const std::string& name) {
  const auto* value = std::getenv((std::string(kPrefix) + name).c_str());
  return value == nullptr ? "" : value;
}

std::string variable_of(const std::string& option) {
  return std::string(kPrefix) + upper(std::string_view(option).substr(2));
}

void apply_environment(CLI::App& command,
                       const std::vector<std::pair<std::string, std::string>>& aliases) {
  for (auto* option : command.get_options()) {
    if (option->get_lnames().empty() || option->count() != 0) continue;
    const auto& name = option->get_lnames().front();
    if (name == "help") continue;
    std::vector<std::string> variables{upper(name)};
    for (const auto& [variable, of] : aliases) {
      if (of == "--" + name) variables.push_back(variable);
    }
    for (const auto& variable : variables) {
      const auto text = fleet_variable(variable);
      if (text.empty()) continue;
      give(*option, variable, text);
      break;
    }
  }
}

std::string command_of_mode() {
  const auto mode = fleet_variable("MODE");
  if (mode.empty() || mode == "agent" || mode == "coordinator") return mode;
  if (mode == "monitoring" || mode == "monitor") return "monitor";
  throw UsageError(
      fmt::format("DISPATCHER_MODE: '{}' is not agent, coordinator or monitoring", mode));
}

std::vector<std::string> fleet_variables() {
  return {"MODE",      "CONFIG",     "COORDINATOR_HOST", "COORDINATOR_PORT", "COORDINATOR_URL",
          "API_TOKEN", "AGENT_TOKEN"};
}

void warn_of_unknown_variables(const std::vector<const CLI::App*>& commands,
                               const std::vector<std::string>& others) {
  std::vector<std::string> known;
  for (const auto& each : others) known.push_back(std::string(kPrefix) + each);
  for (const auto* command : commands) {
    for (const auto* option : command->get_options()) {
      for (const auto& name : option->get_lnames()) known.push_back(variable_of("--" + name));
    }
  }
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view entry(*each);
    if (!entry.starts_with(kPrefix)) continue;
    const std::string name(entry.substr(0, entry.find('=')));
    if (std::ranges::find(known, name) != known.end()) continue;
    const auto near = units::suggestion(name, known);
    complain(near.empty()
                 ? fmt::format("warning: there is no option for {}", name)
                 : fmt::format("warning: there is no option for {}; did you mean {}?", name, near));
  }
}

}  // namespace dispatch::cli
