// Errors of a fleet command's configuration file, with their place.
#pragma once

#include "cli/config_file.hpp"
#include "engine/net/config_error.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace dispatch::cli {

// "FILE:LINE" of the value that by itself makes the same error; empty: none does.
template <typename Command>
std::string place_of_error(const ConfigFile& file, std::string_view error) {
  for (const auto& entry : file.entries()) {
    for (const auto& value : entry.values) {
      CLI::App alone;
      Command command;
      command.add_to(alone);
      try {
        file.apply_value(command.command(), entry, value);
        (void)command.checked();
      } catch (const std::runtime_error& its) {
        if (its.what() == error) return fmt::format("{}:{}", file.path(), value.line);
      }
    }
  }
  return "";
}

// command.checked(), whose errors name the line of the file that they come from, where they do.
template <typename Command>
auto checked_with_place(Command& command) {
  try {
    return command.checked();
  } catch (const std::runtime_error& error) {
    if (command.config().empty()) throw;
    std::string_view what = error.what();
    if (what.starts_with(command.config())) throw;  // it has its place already
    const auto place = place_of_error<Command>(ConfigFile(command.config()), what);
    if (place.empty()) throw;
    if (what.starts_with("--")) what.remove_prefix(2);
    throw net::ConfigError(fmt::format("{}: {}", place, what));
  }
}

// `dispatch config check --for COMMAND`.
template <typename Command>
void check_file(const std::string& path) {
  CLI::App app;
  Command command;
  command.add_to(app);
  command.use_config(path);
  (void)checked_with_place(command);
}

}  // namespace dispatch::cli
