#include "cli/sim_arguments.hpp"

#include "cli/exit_status.hpp"
#include "cli/help_formatter.hpp"
#include "cli/manual.hpp"
#include "cli/version.hpp"
#include "sim/scenario/units.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace dispatch::cli {
namespace {

constexpr auto kFooter = R"(Commands, in place of a first FILE:
  check FILE...             say what is wrong with scenarios, and run none
  list [FILE...]            the names of the scenarios there are
  schema                    the JSON Schema of scenarios, for editors
  manual                    the manual page: dispatch-sim manual | man -l -

Examples:
  dispatch-sim scenarios/two_links.yaml      run it: which expectations held?
  dispatch-sim --seed 7 two_links.yaml       the same world with other chances
  dispatch-sim --seeds 1..1000 two_links.yaml    how sure is that?
  dispatch-sim --junit results.xml scenarios/    all of a folder, for CI
  dispatch-sim --report out.html two_links.yaml    look at it in a browser
  dispatch-sim --set links.wifi.loss=2% two_links.yaml    what if?
  dispatch-sim --json two_links.yaml | jq .  every figure and time series
  dispatch-sim --show two_links.yaml         the scenario, with its defaults
  dispatch-sim --log debug two_links.yaml    what the engine says meanwhile
  dispatch-sim --pcap a.pcapng two_links.yaml    its packets, for Wireshark
  dispatch-sim --series a.csv two_links.yaml    cwnd, RTT, queues over time

Exit status: 0 every expectation held, 1 one failed, 2 bad scenario or command
line, 3 the same run had two outcomes, 4 a fault of the engine or simulator.
)";

constexpr unsigned kJobsMax = 1024;

// As they come from the command line, before they are understood.
struct Texts {
  std::string seed;
  std::string seeds;
  std::string level;
  std::string interval;
  std::string verbosity;
};

std::vector<scenario::SeedRange> seeds_of(std::string_view option, const std::string& text) {
  try {
    return scenario::parse_seeds(text);
  } catch (const scenario::UnitError& error) {
    throw UsageError(fmt::format("{}: {}", option, error.what()));
  }
}

std::vector<scenario::SeedRange> seed_of(const std::string& text) {
  if (text.find_first_not_of("0123456789") == std::string::npos) return seeds_of("--seed", text);
  throw UsageError(
      fmt::format("--seed: '{}' is not a whole number; of many, write --seeds 1..100", text));
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

Verbosity verbosity_of(const std::string& text) {
  if (text == "0") return Verbosity::nothing;
  if (text == "1") return Verbosity::failures;
  if (text == "2") return Verbosity::normal;
  if (text == "3") return Verbosity::all;
  throw UsageError(fmt::format("--verbose: '{}' is not one of 0, 1, 2, 3", text));
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
    if (arguments.command != SimCommand::run) {
      throw UsageError(fmt::format("check and list run nothing: there is nothing for {}", option));
    }
  };
  check("--pcap", written.pcap);
  check("--events", written.events);
  check("--series", written.series);
  check("--trail", written.trail);
  check("--junit", arguments.junit);
  check("--report", arguments.report);
}

void add_choices(CLI::App& app, SimArguments& arguments, Texts& texts) {
  app.add_option("FILE", arguments.files,
                 "Scenarios (YAML), folders of them; - reads one from standard input");
  app.add_option("-t,--test", arguments.tests,
                 "Only scenarios whose name or file holds this; * and ? stand for any letters")
      ->allow_extra_args(false)
      ->type_name("NAME");
  app.add_flag("-a,--all", arguments.all, "All scenarios that ship");
  app.add_option("--seed", texts.seed, "Run with this seed instead of the scenario's")
      ->type_name("N");
  app.add_option("--seeds", texts.seeds,
                 "Run with each of these seeds, such as 1..1000: statistics of all figures")
      ->type_name("LIST");
  app.add_option("--set", arguments.set,
                 "Put this in place of what the scenario says: links.wifi.loss=2%")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  app.add_flag("-f,--fail-fast", arguments.fail_fast, "End with the first run that fails");
  app.add_flag("--twice", arguments.twice, "Run everything twice: does it come to the same?");
  app.add_option("-j,--jobs", arguments.jobs, "Runs at a time; by default one for each processor")
      ->check(CLI::Range(1u, kJobsMax))
      ->type_name("N");
}

void add_output(CLI::App& app, SimArguments& arguments, Texts& texts) {
  app.add_flag("--json", arguments.json, "Write one JSON object a line for each scenario");
  app.add_option("--junit", arguments.junit, "Write the outcomes to this file (JUnit XML)")
      ->type_name("FILE");
  app.add_option("--report", arguments.report,
                 "Write a page with charts of the runs to this file (HTML), two side by side")
      ->type_name("FILE");
  app.add_flag("--show", arguments.show,
               "Write the scenario as it was understood, and do not run it");
  app.add_option("-v,--verbose", texts.verbosity,
                 "0 says nothing, 1 what failed, 2 what became of the runs (the default), 3 all "
                 "of each run; without a level: 3")
      ->type_name("LEVEL");
  app.add_flag("!--no-progress", arguments.progress, "Do not show how far the runs have come");
  app.add_option("--log", texts.level,
                 "Write the engine's log to standard error, from this level on: debug, info, "
                 "warning, error")
      ->type_name("LEVEL");
  app.add_flag("--diverge", arguments.diverge,
               "The files are two trails: say where they begin to differ");
}

void add_recordings(CLI::App& app, SimArguments& arguments, Texts& texts) {
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
  app.add_option("--interval", texts.interval, "Between two samples; 100ms by default")
      ->type_name("TIME");
}

// -v stands alone or before a level, which no file can be taken for; CLI11 does not know options
// that only may have a value. The commands are words before everything else.
std::vector<std::string> words_of(int argc, const char* const* argv, SimCommand& command) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  constexpr std::pair<std::string_view, SimCommand> kCommands[] = {{"check", SimCommand::check},
                                                                   {"list", SimCommand::list},
                                                                   {"schema", SimCommand::schema},
                                                                   {"manual", SimCommand::manual}};
  for (const auto& [word, meant] : kCommands) {
    if (command != SimCommand::run || words.empty() || words[0] != word) continue;
    command = meant;
    words.erase(words.begin());
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--") break;
    if (words[i] != "-v" && words[i] != "--verbose") continue;
    const bool has_level = i + 1 < words.size() && words[i + 1].size() == 1 &&
                           words[i + 1][0] >= '0' && words[i + 1][0] <= '9';
    if (!has_level) words.insert(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, "3");
    ++i;
  }
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  return words;
}

void understand(const CLI::App& app, const Texts& texts, SimArguments& arguments) {
  if (app.count("--interval") != 0) arguments.interval = interval_of(texts.interval);
  if (app.count("--seed") != 0) arguments.seeds = seed_of(texts.seed);
  if (app.count("--seeds") != 0) {
    if (app.count("--seed") != 0) throw UsageError("--seed and --seeds exclude each other");
    arguments.seeds = seeds_of("--seeds", texts.seeds);
  }
  if (app.count("-v") != 0) arguments.verbosity = verbosity_of(texts.verbosity);
  if (arguments.verbosity == Verbosity::all) arguments.log = net::LogLevel::debug;
  if (app.count("--log") != 0) arguments.log = level_of(texts.level);
}

// As a shell takes it for one word.
std::string quoted(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:%,+@";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

}  // namespace

std::variant<SimArguments, SimAnswer> parse_sim_arguments(int argc, const char* const* argv) {
  SimArguments arguments;
  Texts texts;
  CLI::App app("Runs scenarios: the real engine in a simulated network, faster than time.",
               "dispatch-sim");
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_help_flag("-h,--help", "Print this help");
  app.set_version_flag("--version", fmt::format("dispatch-sim {}", kVersion), "Print the version");
  app.footer(kFooter);
  add_choices(app, arguments, texts);
  add_output(app, arguments, texts);
  add_recordings(app, arguments, texts);
  try {
    app.parse(words_of(argc, argv, arguments.command));
  } catch (const CLI::CallForHelp&) {
    return app.help();
  } catch (const CLI::CallForVersion&) {
    return app.version() + "\n";
  } catch (const CLI::ParseError& error) {
    throw UsageError(fmt::format("{}; see dispatch-sim --help", error.what()));
  }
  if (arguments.command == SimCommand::manual) return manual(app, kSimPage);
  const bool chosen = arguments.all || !arguments.tests.empty() ||
                      arguments.command == SimCommand::list ||
                      arguments.command == SimCommand::schema;
  if (arguments.files.empty() && !chosen) {
    throw UsageError("no scenario: write for example dispatch-sim scenarios/two_links.yaml");
  }
  if (arguments.json && arguments.show) throw UsageError("--json and --show exclude each other");
  check_written(arguments);
  understand(app, texts, arguments);
  return arguments;
}

std::string replay_arguments(const SimArguments& arguments, const std::string& file) {
  std::string text;
  for (const auto& each : arguments.set) text += " --set " + quoted(each);
  if (arguments.interval) text += " --interval " + scenario::to_string(*arguments.interval);
  if (arguments.twice) text += " --twice";
  return text + " " + quoted(file);
}

}  // namespace dispatch::cli
