// The command line of `dispatch`.
#pragma once

#include "cli/check.hpp"
#include "cli/control_commands.hpp"
#include "cli/fleet/fleet_options.hpp"
#include "cli/start_options.hpp"
#include "cli/stream_options.hpp"
#include "cli/top/top.hpp"

#include <cstdint>
#include <string>
#include <variant>

namespace dispatch::cli {

struct ListArguments {
  bool json = false;
};

struct DemoArguments {
  std::uint64_t downloads = 40;
  std::uint64_t size_bytes = 1'000'000;
  std::uint64_t parallel = 4;  // at the same time
};

// A text to print, and nothing else to do: --help, --version.
struct Answer {
  std::string text;
};

// `dispatch config check`: what is wrong has been thrown.
struct ConfigChecked {
  std::string path;
};

struct Arguments {
  bool debug = false;
  std::variant<Answer, ListArguments, StartArguments, DemoArguments, ConfigChecked,
               ControlArguments, TopArguments, CheckArguments, StreamArguments,
               CoordinatorArguments, AgentArguments, MonitorArguments>
      command;
};

// `argv` as main has it. Throws UsageError and net::ConfigError; both have one line.
Arguments parse_arguments(int argc, const char* const* argv);

}  // namespace dispatch::cli
