#include "cli/sim_arguments.hpp"

#include "cli/exit_status.hpp"
#include "cli/help_formatter.hpp"
#include "cli/version.hpp"
#include "sim/scenario/units.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace dispatch::cli {
namespace {

constexpr auto kFooter = R"(Examples:
  dispatch-sim scenarios/two_links.yaml      run it: which expectations held?
  dispatch-sim --seed 7 two_links.yaml       the same world with other chances
  dispatch-sim --json two_links.yaml | jq .  every figure and time series
  dispatch-sim --show two_links.yaml         the scenario, with its defaults
  dispatch-sim --log debug two_links.yaml    what the engine says meanwhile
  dispatch-sim --pcap a.pcapng two_links.yaml    its packets, for Wireshark
  dispatch-sim --series a.csv two_links.yaml    cwnd, RTT, queues over time

Exit status: 0 every expectation held, 1 one failed, 2 bad scenario or command
line, 4 a fault of the engine or the simulator.
)";

std::uint64_t seed_of(const std::string& text) {
  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();  // what a file can hold, too
  if (parsed.ec != std::errc{} || parsed.ptr != end || value > kMost) {
    throw UsageError(fmt::format("--seed: '{}' is not a whole number from 0 to {}", text, kMost));
  }
  return value;
}

net::LogLevel level_of(const std::string& text) {
  if (const auto level = net::parse_log_level(text)) return *level;
  throw UsageError(fmt::format("--log: '{}' is not one of debug, info, warning, error", text));
}

net::Duration interval_of(const std::string& text) {
  constexpr auto kLeast = std::chrono::microseconds(1);
  try {
    const auto interval = scenario::parse_duration(text);
    if (interval >= kLeast) return interval;
  } catch (const scenario::UnitError& error) {
    throw UsageError(fmt::format("--interval: {}", error.what()));
  }
  throw UsageError(fmt::format("--interval: '{}' is less than 1us", text));
}

void check_written(const SimArguments& arguments) {
  if (arguments.diverge && arguments.files.size() != 2) {
    throw UsageError("--diverge compares two trails: dispatch-sim --diverge a.trail b.trail");
  }
  const auto& written = arguments.files_written;
  if (!written.pcap_of.empty() && written.pcap.empty()) {
    throw UsageError("--pcap-of needs --pcap FILE");
  }
  const auto check = [&](std::string_view option, const std::string& path) {
    if (path.empty()) return;
    if (arguments.show) {
      throw UsageError(fmt::format("--show runs nothing: there is nothing for {}", option));
    }
    if (arguments.files.size() > 1) {
      throw UsageError(fmt::format("{} takes one scenario at a time", option));
    }
  };
  check("--pcap", written.pcap);
  check("--events", written.events);
  check("--series", written.series);
  check("--trail", written.trail);
}

}  // namespace

std::variant<SimArguments, SimAnswer> parse_sim_arguments(int argc, const char* const* argv) {
  SimArguments arguments;
  std::string seed;
  std::string level;
  std::string interval;
  bool verbose = false;
  CLI::App app("Runs scenarios: the real engine in a simulated network, faster than time.",
               "dispatch-sim");
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_help_flag("-h,--help", "Print this help");
  app.set_version_flag("--version", fmt::format("dispatch-sim {}", kVersion), "Print the version");
  app.footer(kFooter);
  app.add_option("FILE", arguments.files, "Scenarios (YAML); - reads one from standard input");
  app.add_flag("--json", arguments.json, "Write one JSON object a line for each scenario");
  app.add_flag("--show", arguments.show,
               "Write the scenario as it was understood, and do not run it");
  app.add_flag("--diverge", arguments.diverge,
               "The files are two trails: say where they begin to differ");
  app.add_option("--seed", seed, "Run with this seed instead of the scenario's")->type_name("N");
  app.add_option("--log", level,
                 "Write the engine's log to standard error, from this level on: debug, info, "
                 "warning, error")
      ->type_name("LEVEL");
  app.add_flag("-v,--verbose", verbose, "The same as --log debug");
  auto& written = arguments.files_written;
  app.add_option("--pcap", written.pcap,
                 "Write the packets of all interfaces to this file (pcapng)")
      ->type_name("FILE");
  app.add_option("--pcap-of", written.pcap_of,
                 "Only of these links and hosts, with commas between them")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NAMES");
  app.add_option("--events", written.events,
                 "Write what happens to this file: log, drops, TCP's recovery (JSON lines)")
      ->type_name("FILE");
  app.add_option("--series", written.series,
                 "Write time series of each TCP connection and each link to this file (CSV)")
      ->type_name("FILE");
  app.add_option("--trail", written.trail,
                 "Write every event and packet to this file (JSON lines), for --diverge")
      ->type_name("FILE");
  app.add_option("--interval", interval, "Between two samples; 100ms by default")
      ->type_name("TIME");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return app.help();
  } catch (const CLI::CallForVersion&) {
    return app.version() + "\n";
  } catch (const CLI::ParseError& error) {
    throw UsageError(fmt::format("{}; see dispatch-sim --help", error.what()));
  }
  if (arguments.files.empty()) {
    throw UsageError("no scenario: write for example dispatch-sim scenarios/two_links.yaml");
  }
  if (arguments.json && arguments.show) throw UsageError("--json and --show exclude each other");
  check_written(arguments);
  if (app.count("--interval") != 0) arguments.interval = interval_of(interval);
  if (app.count("--seed") != 0) arguments.seed = seed_of(seed);
  if (verbose) arguments.log = net::LogLevel::debug;
  if (app.count("--log") != 0) arguments.log = level_of(level);
  return arguments;
}

}  // namespace dispatch::cli
