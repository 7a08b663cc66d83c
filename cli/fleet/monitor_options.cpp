// The options of `dispatch monitor`.
#include "cli/exit_status.hpp"
#include "cli/fleet/fleet_options.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace dispatch::cli {
namespace {

constexpr auto kExamples = R"(Examples:
  dispatch monitor
  dispatch monitor --coordinator https://fleet.example:8000 --token-file token

Tab and 1 to 6 change the view, e executes, p pins that to an agent or an
address; ? shows all keys.
)";

}  // namespace

void MonitorCommand::add_to(CLI::App& app) {
  auto& command = *app.add_subcommand(
      "monitor", "A live screen of a coordinator: agents, addresses, requests; executes requests");
  add_value(command, "--coordinator,--coordinator-url", coordinator_, "URL",
            "The coordinator's URL");
  add_access(command,
             "The first line is shown to the coordinator, as callers do. Else: "
             "$DISPATCHER_API_TOKEN");
  add_config(command);
  command.footer(kExamples);
}

MonitorArguments MonitorCommand::checked() {
  complete({{"COORDINATOR_URL", "--coordinator"}});
  MonitorArguments arguments;
  auto& options = arguments.monitor;
  options.coordinator = coordinator_url(coordinator_);
  if (options.coordinator.tls) options.tls = coordinator_tls();
  const auto shown = tokens("--token-file", token_file_, "API_TOKEN");
  if (!shown.empty()) options.token = shown.front();
  check_access(options.reconnect_max, options.connect_timeout);
  return arguments;
}

}  // namespace dispatch::cli
