// The command line of `dispatch-sim`.
#pragma once

#include "engine/net/log.hpp"
#include "sim/report/recording.hpp"
#include "sim/scenario/seeds.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace dispatch::cli {

enum class SimCommand : std::uint8_t { run, check, list, schema, manual };

// How much is said of the runs.
enum class Verbosity : std::uint8_t {
  nothing,   // the exit status only
  failures,  // and what failed
  normal,    // one run: its report; several: a table
  all,       // the report of each run, and the engine's log
};

struct SimArguments {
  SimCommand command = SimCommand::run;
  std::vector<std::string> files;  // and folders
  std::vector<std::string> tests;  // patterns of names; none: all
  bool all = false;                // the scenarios that ship
  bool json = false;
  bool show = false;
  bool diverge = false;  // the files are two trails
  bool fail_fast = false;
  bool twice = false;
  bool progress = true;
  unsigned jobs = 0;  // 0: as many as there are processors
  Verbosity verbosity = Verbosity::normal;
  std::string junit;                       // a path; empty: none
  std::string report;                      // the same, of a page
  std::vector<std::string> set;            // as scenario::LoadOptions::set
  std::vector<scenario::SeedRange> seeds;  // none: the scenario's
  std::optional<net::LogLevel> log;        // none: no log
  std::optional<net::Duration> interval;   // of samples; none: the default
  report::RecordingFiles files_written;
};

// Text that answers the command line by itself (--help, --version).
using SimAnswer = std::string;

// Throws UsageError.
std::variant<SimArguments, SimAnswer> parse_sim_arguments(int argc, const char* const* argv);

// What of the arguments must be said again to run one of its scenarios again.
std::string replay_arguments(const SimArguments& arguments, const std::string& file);

}  // namespace dispatch::cli
