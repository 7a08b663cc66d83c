// The command line of `dispatch-sim`.
#pragma once

#include "engine/net/log.hpp"
#include "sim/report/recording.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace dispatch::cli {

struct SimArguments {
  std::vector<std::string> files;
  bool json = false;
  bool show = false;
  bool diverge = false;  // the files are two trails
  std::optional<std::uint64_t> seed;
  std::optional<net::LogLevel> log;       // none: no log
  std::optional<net::Duration> interval;  // of samples; none: the default
  report::RecordingFiles files_written;
};

// Text that answers the command line by itself (--help, --version).
using SimAnswer = std::string;

// Throws UsageError.
std::variant<SimArguments, SimAnswer> parse_sim_arguments(int argc, const char* const* argv);

}  // namespace dispatch::cli
