// The program `dispatch`.

#include "cli/arguments.hpp"
#include "cli/console.hpp"
#include "cli/demo.hpp"
#include "cli/exit_status.hpp"
#include "cli/fleet/fleet_run.hpp"
#include "cli/interface_list.hpp"
#include "cli/log_file.hpp"
#include "cli/program.hpp"
#include "cli/start.hpp"
#include "cli/stream_run.hpp"
#include "engine/control/stream_metrics.hpp"
#include "engine/link/upstream.hpp"
#include "engine/os/runtime.hpp"

#include <fmt/format.h>

#include <string_view>

namespace dispatch::cli {
namespace {

int run_list(const ListArguments& arguments) {
  os::Runtime runtime;
  const auto interfaces = runtime.interfaces().list();
  if (!interfaces) {
    throw RuntimeError("cannot list the network interfaces: " + interfaces.error().message());
  }
  print(arguments.json ? interface_json(*interfaces)
                       : interface_table(*interfaces, styled_output()));
  return kSuccess;
}

// The log of a command that is over in a moment is for those who ask for it.
std::unique_ptr<net::Log> open_log(const Arguments& arguments) {
  if (arguments.debug) return open_log_on_standard_output();
  if (const auto* start = std::get_if<StartArguments>(&arguments.command)) {
    return open_log_file(default_log_path(), start->log_level);
  }
  return std::make_unique<net::NullLog>();
}

struct Command {
  const Arguments& arguments;

  int operator()(const Answer& answer) const {
    print(answer.text);
    return kSuccess;
  }
  int operator()(const ListArguments& list) const { return run_list(list); }
  int operator()(const StartArguments& start) const {
    return run_start(start, *open_log(arguments));
  }
  int operator()(const ConfigChecked& config) const {
    print(fmt::format("{}: as it should be\n", config.path));
    return kSuccess;
  }
  int operator()(const StreamArguments& streams) const {
    return run_stream(streams, *open_log(arguments), control::serve_stream_metrics);
  }
  int operator()(const CoordinatorArguments& coordinator) const {
    return run_coordinator(coordinator, *open_log_on_standard_output());
  }
  int operator()(const AgentArguments& agent) const {
    return run_agent(agent, *open_log_on_standard_output());
  }
  int operator()(const MonitorArguments& monitor) const { return run_monitor(monitor); }
  int operator()(const ControlArguments& control) const { return run_control(control); }
  int operator()(const CheckArguments& check) const { return run_check(check); }
  int operator()(const TopArguments& top) const { return run_top(top); }
  int operator()(const DemoArguments& demo) const { return run_demo(demo, *open_log(arguments)); }
};

// Other users of the machine see the arguments of a process as long as it lives.
void hide_passwords(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view text(argv[i]);
    const auto separator = text.find("://");
    if (separator == std::string_view::npos || link::without_password(text) == text) continue;
    const auto from = text.find(':', separator + 3) + 1;
    const auto at = text.rfind('@');
    for (auto each = from; each < at; ++each) argv[i][each] = '*';
  }
}

int run(int argc, char** argv) {
  const auto arguments = parse_arguments(argc, argv);
  hide_passwords(argc, argv);
  return std::visit(Command{arguments}, arguments.command);
}

}  // namespace
}  // namespace dispatch::cli

int main(int argc, char** argv) {
  dispatch::cli::prepare_standard_streams();
  return dispatch::cli::run_program([&] { return dispatch::cli::run(argc, argv); });
}
