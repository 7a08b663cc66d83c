// The program `dispatch-sim`.

#include "cli/console.hpp"
#include "cli/exit_status.hpp"
#include "cli/sim_arguments.hpp"
#include "engine/net/config_error.hpp"
#include "sim/report/divergence.hpp"
#include "sim/report/json.hpp"
#include "sim/report/text.hpp"
#include "sim/scenario/dump.hpp"
#include "sim/scenario/load.hpp"
#include "sim/scenario/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

namespace dispatch::cli {
namespace {

constexpr int kExpectationFailed = 1;
constexpr int kEngineFault = 4;

// One line, whatever is in it.
void say(std::string line) {
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::fputs((line + "\n").c_str(), stderr);
}

scenario::Scenario load(const std::string& file) {
  if (file != "-") return scenario::load_file(file);
  const std::string text((std::istreambuf_iterator<char>(std::cin)), {});
  return scenario::load_text(text, "<standard input>");
}

scenario::RunOptions options_of(const SimArguments& arguments) {
  scenario::RunOptions options;
  options.seed = arguments.seed;
  if (arguments.interval) options.sample_interval = *arguments.interval;
  if (arguments.log) {
    options.log_level = *arguments.log;
    options.log = [](scenario::Duration at, net::LogLevel level, std::string_view line) {
      const double seconds = std::chrono::duration<double>(at).count();
      say(fmt::format("{:12.6f} {:<7} {}", seconds, net::to_string(level), line));
    };
  }
  return options;
}

int run_one(const scenario::Scenario& scenario, const SimArguments& arguments) {
  const auto begin = std::chrono::steady_clock::now();
  auto options = options_of(arguments);
  report::Recording recording(arguments.files_written);
  recording.attach(options);
  const auto result = scenario::run(scenario, options);
  recording.close(result);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  print(arguments.json ? report::json(result, wall.count()) + "\n"
                       : report::text(result, wall.count()));
  return result.passed() ? kSuccess : kExpectationFailed;
}

// What one scenario came to; a fault in one does not keep the others from running.
int run_guarded(const scenario::Scenario& scenario, const SimArguments& arguments) {
  try {
    return run_one(scenario, arguments);
  } catch (const OutputError&) {
    throw;
  } catch (const net::ConfigError& error) {
    say(error.what());
    return kUsage;
  } catch (const std::exception& error) {
    const auto seed = arguments.seed.value_or(scenario.seed);
    say(fmt::format("{}: engine fault with seed {}: {}", scenario.source, seed, error.what()));
    return kEngineFault;
  }
}

// All scenarios are read before any is run.
int run_all(const SimArguments& arguments) {
  std::vector<scenario::Scenario> scenarios;
  int status = kSuccess;
  for (const auto& file : arguments.files) {
    try {
      scenarios.push_back(load(file));
    } catch (const scenario::ScenarioError& error) {
      say(error.what());
      status = kUsage;
    }
  }
  if (status != kSuccess) return status;
  bool first = true;
  for (const auto& scenario : scenarios) {
    if (!first && !arguments.json) print(arguments.show ? "---\n" : "\n");
    first = false;
    if (arguments.show) {
      print(scenario::dump(scenario));
    } else {
      status = std::max(status, run_guarded(scenario, arguments));
    }
  }
  return status;
}

std::ifstream open_trail(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw net::ConfigError(fmt::format("{}: {}", path, std::strerror(errno)));
  return file;
}

// Of two trails: 0 where they are the same, 1 where they are not.
int compare(const SimArguments& arguments) {
  auto a = open_trail(arguments.files[0]);
  auto b = open_trail(arguments.files[1]);
  const auto found = report::divergence(a, arguments.files[0], b, arguments.files[1]);
  print(found.value_or("the runs are the same\n"));
  return found ? kExpectationFailed : kSuccess;
}

int run(int argc, const char* const* argv) {
  try {
    const auto parsed = parse_sim_arguments(argc, argv);
    if (const auto* answer = std::get_if<SimAnswer>(&parsed)) {
      print(*answer);
      return kSuccess;
    }
    const auto& arguments = std::get<SimArguments>(parsed);
    return arguments.diverge ? compare(arguments) : run_all(arguments);
  } catch (const net::ConfigError& error) {
    say(fmt::format("dispatch-sim: {}", error.what()));
    return kUsage;
  } catch (const UsageError& error) {
    say(fmt::format("dispatch-sim: {}", error.what()));
    return kUsage;
  } catch (const OutputError& error) {
    if (error.code() != std::errc::broken_pipe) say(fmt::format("dispatch-sim: {}", error.what()));
    return kFailure;
  } catch (const std::exception& error) {
    say(fmt::format("dispatch-sim: {}", error.what()));
    return kEngineFault;
  }
}

}  // namespace
}  // namespace dispatch::cli

int main(int argc, char** argv) {
  dispatch::cli::prepare_standard_streams();
  return dispatch::cli::run(argc, argv);
}
