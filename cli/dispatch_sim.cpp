// The program `dispatch-sim`.

#include "cli/console.hpp"
#include "cli/exit_status.hpp"
#include "cli/sim_arguments.hpp"
#include "cli/sim_files.hpp"
#include "cli/sim_runner.hpp"
#include "engine/net/config_error.hpp"
#include "sim/report/divergence.hpp"
#include "sim/scenario/dump.hpp"
#include "sim/scenario/load.hpp"
#include "sim/scenario/schema.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

namespace dispatch::cli {
namespace {

constexpr int kDifferent = 1;
constexpr int kEngineFault = 4;

scenario::Scenario load(const std::string& file, const SimArguments& arguments) {
  const scenario::LoadOptions options{arguments.set};
  if (file != "-") return scenario::load_file(file, options);
  const std::string text((std::istreambuf_iterator<char>(std::cin)), {});
  return scenario::load_text(text, "<standard input>", options);
}

// All scenarios that are meant. Where one is wrong, all that are wrong are told, and there is none.
std::optional<std::vector<scenario::Scenario>> load_all(const SimArguments& arguments) {
  std::vector<scenario::Scenario> scenarios;
  bool good = true;
  for (const auto& file : scenario_files(arguments)) {
    try {
      auto scenario = load(file, arguments);
      if (is_selected(arguments, scenario)) scenarios.push_back(std::move(scenario));
    } catch (const scenario::ScenarioError& error) {
      say_line(error.what());
      good = false;
    }
  }
  if (!good) return std::nullopt;
  if (scenarios.empty()) {
    throw UsageError(fmt::format("no scenario's name or file is like \"{}\": see dispatch-sim list",
                                 fmt::join(arguments.tests, "\" or \"")));
  }
  return scenarios;
}

void show(const std::vector<scenario::Scenario>& scenarios) {
  bool first = true;
  for (const auto& scenario : scenarios) {
    if (!first) print("---\n");
    first = false;
    print(scenario::dump(scenario));
  }
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

void tell_good(const std::vector<scenario::Scenario>& scenarios) {
  for (const auto& each : scenarios) {
    print(fmt::format(
        "{}: good: {}, {}, {}, {}, {}\n", each.source, counted(each.links.size(), "link"),
        counted(each.hosts.size(), "host"), counted(each.workloads.size(), "workload"),
        counted(each.events.size(), "event"), counted(each.expectations.size(), "expectation")));
  }
}

void list(const std::vector<scenario::Scenario>& scenarios) {
  std::size_t width = 0;
  for (const auto& each : scenarios) width = std::max(width, each.source.size());
  for (const auto& each : scenarios) {
    print(fmt::format("{:<{}}  {}\n", each.source, width, each.name));
  }
}

int act(const SimArguments& arguments) {
  if (arguments.command == SimCommand::schema) {
    print(scenario::schema_json());
    return kSuccess;
  }
  const auto scenarios = load_all(arguments);
  if (!scenarios) return kUsage;
  if (arguments.show) {
    show(*scenarios);
  } else if (arguments.command == SimCommand::check) {
    tell_good(*scenarios);
  } else if (arguments.command == SimCommand::list) {
    list(*scenarios);
  } else {
    return run_scenarios(*scenarios, arguments);
  }
  return kSuccess;
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
  return found ? kDifferent : kSuccess;
}

int run(int argc, const char* const* argv) {
  try {
    const auto parsed = parse_sim_arguments(argc, argv);
    if (const auto* answer = std::get_if<SimAnswer>(&parsed)) {
      print(*answer);
      return kSuccess;
    }
    const auto& arguments = std::get<SimArguments>(parsed);
    return arguments.diverge ? compare(arguments) : act(arguments);
  } catch (const net::ConfigError& error) {
    say_line(fmt::format("dispatch-sim: {}", error.what()));
    return kUsage;
  } catch (const UsageError& error) {
    say_line(fmt::format("dispatch-sim: {}", error.what()));
    return kUsage;
  } catch (const OutputError& error) {
    if (error.code() != std::errc::broken_pipe) {
      say_line(fmt::format("dispatch-sim: {}", error.what()));
    }
    return kFailure;
  } catch (const std::exception& error) {
    say_line(fmt::format("dispatch-sim: {}", error.what()));
    return kEngineFault;
  }
}

}  // namespace
}  // namespace dispatch::cli

int main(int argc, char** argv) {
  dispatch::cli::prepare_standard_streams();
  return dispatch::cli::run(argc, argv);
}
