#include "cli/arguments.hpp"

#include "cli/completion.hpp"
#include "cli/config_file.hpp"
#include "cli/duration.hpp"
#include "cli/exit_status.hpp"
#include "cli/fleet/checked_file.hpp"
#include "cli/fleet/environment.hpp"
#include "cli/help_formatter.hpp"
#include "cli/log_file.hpp"
#include "cli/manual.hpp"
#include "cli/version.hpp"
#include "cli/whole_number.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dispatch::cli {
namespace {

constexpr auto kDebugHelp =
    "Write the log, with every connection, to standard output instead of the log file";

constexpr auto kExamples = R"(Examples:
  dispatch list                        interfaces and their addresses
  dispatch start                       dispatch to every usable interface
  dispatch start eth0/7 wlan0/3        70 % to eth0, 30 % to wlan0
  dispatch start 10.0.0.5@7 fdf0::2@3  the same with addresses
  dispatch demo                        see it work here, with no second link
  curl -x socks5h://127.0.0.1:1080 https://example.com/
  curl -x http://127.0.0.1:1080 https://example.com/
)";

// What the options hold before their meaning is checked.
struct Raw {
  bool debug = false;
  bool json = false;
  std::string downloads = "40";
  std::string size = "1000000";
  std::string parallel = "4";
  std::string config_file;
  std::string config_of = "start";
  std::string control;
  std::string link;
  std::string change;
  std::string value;
  std::string shell;
  std::string check_timeout = "5s";
};

DemoArguments demo_arguments(const Raw& raw) {
  DemoArguments demo;
  demo.downloads = whole_number("--downloads", raw.downloads, 1, 10'000);
  demo.size_bytes = whole_number("--size", raw.size, 1, 1'000'000'000);
  demo.parallel = whole_number("--parallel", raw.parallel, 1, 64);
  return demo;
}

constexpr auto kCheckFooter =
    R"(Takes the links, options and configuration file of 'dispatch start', and tests
each link, whether or not a dispatch runs: whether sockets can be bound to its
address and device, by which interface the system's routes send what comes from
there, whether names can be looked up and connections made through it, and
whether a captive portal is in the way. Where routes are missing it prints the
commands that add them. Exit status: 0 where every link works, 1 where one does
not.

Examples:
  dispatch check
  dispatch check --config /etc/dispatch/dispatch.toml --json
  dispatch check eth0 wlan0 --probe tcp://192.0.2.1:443
)";

// All of start's, so that its command line can be checked as it is; the help has those that count.
void add_check_options(CLI::App& command, StartOptions& options, Raw& raw) {
  constexpr std::array kCount{"ADDRESS", "--config", "--probe", "--dns"};
  options.add_to(command);
  for (auto* option : command.get_options()) {
    if (option->get_name() == "--help") continue;
    const bool counts = std::ranges::find(kCount, option->get_name()) != kCount.end();
    option->group(counts ? option->get_positional() ? "Positionals" : "Options" : "");
  }
  command.get_option("--probe")->description(
      fmt::format("What each link is asked: http://HOST/PATH, tcp://HOST:PORT or "
                  "dns://NAME. May be given again. None: {}",
                  kCheckTarget));
  command.add_option("--timeout", raw.check_timeout, "For each step")
      ->type_name("TIME")
      ->default_str("5s");
  command.add_flag("--json", raw.json, "Print JSON");
  command.footer(kCheckFooter);
}

CheckArguments check_arguments(StartArguments start, const Raw& raw) {
  CheckArguments check;
  check.links = std::move(start.links);
  check.resolver = std::move(start.resolver);
  check.check.targets = std::move(start.server.monitor.targets);
  if (check.check.targets.empty()) {
    check.check.targets.push_back(link::parse_probe_spec(kCheckTarget));
  }
  check.check.patience = positive_duration("--timeout", raw.check_timeout);
  check.json = raw.json;
  return check;
}

// The commands that talk to a dispatch that runs.
class ControlCommands {
 public:
  ControlCommands(CLI::App& app, Raw& raw) : raw_(raw) {
    status_ = add(app, "status", "Show the links of a dispatch that runs: state, rates, errors");
    status_->add_flag("--json", raw.json, "Print JSON");
    connections_ = add(app, "connections", "Show its connections to targets");
    connections_->add_flag("--json", raw.json, "Print JSON");
    link_ = add(app, "link", "Switch one of its links on or off, or give it another weight");
    link_->add_option("LINK", raw.link, "As 'dispatch status' shows it")->required()->type_name("");
    link_->add_option("CHANGE", raw.change, "on, off, or weight")->required()->type_name("");
    link_->add_option("VALUE", raw.value, "Of weight")->type_name("");
    reload_ = add(app, "reload", "Have it read its configuration again");
    top_ = add(app, "top", "A live screen: links, rates, connections; switches links");
  }

  bool is_top() const { return top_->parsed(); }

  // None of the others was given: none.
  std::optional<ControlArguments> arguments() const {
    std::string request;
    if (status_->parsed()) request = R"({"do":"status"})";
    if (connections_->parsed()) request = R"({"do":"connections"})";
    if (reload_->parsed()) request = R"({"do":"reload"})";
    if (link_->parsed()) request = link_request(raw_.link, raw_.change, raw_.value);
    if (request.empty()) return std::nullopt;
    return ControlArguments{raw_.control, request, raw_.json};
  }

 private:
  CLI::App* add(CLI::App& app, const char* name, const char* help) {
    auto* command = app.add_subcommand(name, help);
    command
        ->add_option("--control", raw_.control,
                     "Its control socket. Default: in $XDG_RUNTIME_DIR/dispatch or /run/dispatch")
        ->type_name("PATH");
    return command;
  }

  Raw& raw_;
  CLI::App* status_;
  CLI::App* connections_;
  CLI::App* link_;
  CLI::App* reload_;
  CLI::App* top_;
};

// Where the file's error comes from: the line whose value by itself makes the same error.
std::string place_of_error(const ConfigFile& file, const std::string& error) {
  for (const auto& entry : file.entries()) {
    for (const auto& value : entry.values) {
      CLI::App alone;
      StartOptions options;
      bool debug = false;
      options.add_to(alone);
      alone.add_flag("-d,--debug", debug);
      file.apply_value(alone, entry, value);
      try {
        (void)options.checked();
      } catch (const std::runtime_error& its) {
        if (its.what() == error) return fmt::format("{}:{}", file.path(), value.line);
      }
    }
  }
  return file.path();
}

StartArguments with_config_file(const StartOptions& options, CLI::App& command,
                                const std::string& path) {
  const ConfigFile file(path);
  file.apply_to(command);
  try {
    return options.checked();
  } catch (const std::runtime_error& error) {
    const std::string_view what = error.what();
    const auto place = place_of_error(file, error.what());
    throw net::ConfigError(
        fmt::format("{}: {}", place, what.starts_with("--") ? what.substr(2) : what));
  }
}

// Of --for.
const CLI::App& command_with_config(const CLI::App& app, const std::string& name) {
  constexpr std::array<std::string_view, 4> kNames{"start", "coordinator", "agent", "monitor"};
  if (std::ranges::find(kNames, name) == kNames.end()) {
    throw UsageError(fmt::format("--for: '{}' is not start, coordinator, agent or monitor", name));
  }
  return *app.get_subcommand(name);
}

std::string names_of_commands(CLI::App& app, const std::string& last) {
  std::string names;
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  for (const auto* command : commands) {
    names += names.empty() ? "" : command == commands.back() ? last : ", ";
    names += command->get_name();
  }
  return names;
}

// "start ", "config check ": behind the program's name.
std::string path_of_command(const CLI::App& app) {
  std::string path;
  for (auto used = app.get_subcommands(); !used.empty(); used = used.front()->get_subcommands()) {
    path += used.front()->get_name() + " ";
  }
  return path;
}

// The parser's own words, but where they tell nobody what to do.
std::string what_is_wrong(const CLI::ParseError& error) {
  const std::string_view what = error.what();
  const auto end = what.find(": At Most 1 required");
  if (end == std::string_view::npos) return std::string(what);
  return fmt::format("{} is given several times, and takes one value", what.substr(0, end));
}

// An unset variable of a script must not take away a password, a range or a rate.
void refuse_empty_values(const CLI::App& command) {
  for (const auto* option : command.get_options()) {
    if (option->get_lnames().empty() || option->get_expected_min() == 0) continue;
    if (std::ranges::find(option->results(), "") == option->results().end()) continue;
    throw UsageError(fmt::format("{}: the value is empty", option->get_name()));
  }
}

}  // namespace

Arguments parse_arguments(int argc, const char* const* argv) {
  // HTTP Dispatcher's way to say which command is meant.
  if (const auto command = command_of_mode(); argc == 1 && !command.empty()) {
    const char* const words[] = {argv[0], command.c_str()};
    return parse_arguments(2, words);
  }
  Raw raw;
  CLI::App app("Spreads connections over several internet links.", "dispatch");
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_help_flag("-h,--help", "Print this help");
  app.set_version_flag("--version", fmt::format("dispatch {}", kVersion), "Print the version");
  app.require_subcommand(0, 1);  // what stands behind a command may be called like another one
  const auto debug_flag = [&](CLI::App& command) {
    command.add_flag("-d,--debug", raw.debug, kDebugHelp);
  };
  debug_flag(app);

  auto* list = app.add_subcommand("list", "List the network interfaces and their addresses");
  debug_flag(*list);
  list->add_flag("--json", raw.json, "Print JSON");

  auto* start = app.add_subcommand("start", "Start the proxy");
  debug_flag(*start);
  StartOptions start_options;
  start_options.add_to(*start);

  auto* check = app.add_subcommand("check", "Test each link, and say what would put it right");
  StartOptions check_options;
  add_check_options(*check, check_options, raw);

  auto* config = app.add_subcommand("config", "Check a configuration file, or print an example");
  config->require_subcommand(1);
  auto* config_check =
      config->add_subcommand("check", "Say what is wrong with a file, if anything is");
  config_check->add_option("FILE", raw.config_file, "As --config has it")->required();
  auto* example = config->add_subcommand("example", "Print a file with every key and its default");
  for (auto* each : {config_check, example}) {
    each->add_option("--for", raw.config_of, "start, coordinator, agent or monitor")
        ->type_name("COMMAND")
        ->default_str("start");
  }

  const ControlCommands control(app, raw);

  auto* complete = app.add_subcommand("completion", "Print completions of this for a shell");
  complete->add_option("SHELL", raw.shell, "bash, zsh or fish")->required()->type_name("");

  auto* print_manual =
      app.add_subcommand("manual", "Print the manual page: dispatch manual | man -l -");

  auto* demo = app.add_subcommand("demo", "Dispatch downloads on this machine and check the split");
  debug_flag(*demo);
  demo->add_option("--downloads", raw.downloads, "How many")->type_name("N")->default_str("40");
  demo->add_option("--size", raw.size, "Bytes in each")->type_name("N")->default_str("1000000");
  demo->add_option("--parallel", raw.parallel, "How many at the same time")
      ->type_name("N")
      ->default_str("4");
  demo->footer(
      "Starts an HTTP server, and the proxy with the links 127.0.0.2/7 and\n"
      "127.0.0.3/3; downloads through it with curl; prints what the server counted.\n"
      "No internet, no second link needed.\n");

  StreamOptions streams(StreamOptions::Metrics::served);
  streams.add_to(app);

  CoordinatorCommand coordinator;
  coordinator.add_to(app);
  AgentCommand agent;
  agent.add_to(app);
  MonitorCommand monitor;
  monitor.add_to(app);

  // Last, since commands have the footer that the program has when they are added.
  app.footer(kExamples + fmt::format("\nThe log is appended to {}\n", default_log_path()));

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return {false, Answer{app.help()}};
  } catch (const CLI::CallForVersion&) {
    return {false, Answer{app.version() + "\n"}};
  } catch (const CLI::ParseError& error) {
    const auto used = app.get_subcommands();
    if (used.empty() && !app.remaining().empty()) {
      throw UsageError(
          fmt::format("'{}' is neither a command ({}) nor an option; see 'dispatch --help'",
                      app.remaining().front(), names_of_commands(app, ", ")));
    }
    if (!used.empty() && used.front() == config && config->get_subcommands().empty()) {
      const auto& rest = config->remaining();
      throw UsageError(rest.empty() ? "a command of config is missing: check or example"
                                    : fmt::format("'{}' is no command of config: write check or "
                                                  "example",
                                                  rest.front()));
    }
    throw UsageError(
        fmt::format("{}; see 'dispatch {}--help'", what_is_wrong(error), path_of_command(app)));
  }
  if (app.get_subcommands().empty()) {
    throw UsageError(fmt::format("a command is missing: {}; see 'dispatch --help'",
                                 names_of_commands(app, " or ")));
  }

  Arguments arguments;
  if (list->parsed()) arguments.command = ListArguments{raw.json};
  if (start->parsed()) {
    refuse_empty_values(*start);
    const auto& path = start_options.config();
    auto checked =
        path.empty() ? start_options.checked() : with_config_file(start_options, *start, path);
    checked.config_path = path;
    checked.given = given_options(*start);
    checked.read_again = [again = std::vector<std::string>(argv, argv + argc)] {
      std::vector<const char*> words;
      for (const auto& word : again) words.push_back(word.c_str());
      const auto parsed = parse_arguments(static_cast<int>(words.size()), words.data());
      return std::get<StartArguments>(parsed.command);
    };
    arguments.command = std::move(checked);
  }
  if (streams.parsed()) arguments.command = streams.checked();
  if (coordinator.parsed() || agent.parsed() || monitor.parsed()) {
    warn_of_unknown_variables({&coordinator.command(), &agent.command(), &monitor.command()},
                              fleet_variables());
  }
  if (coordinator.parsed()) arguments.command = checked_with_place(coordinator);
  if (agent.parsed()) arguments.command = checked_with_place(agent);
  if (monitor.parsed()) arguments.command = checked_with_place(monitor);
  if (raw.debug) {
    if (auto* its = std::get_if<CoordinatorArguments>(&arguments.command)) {
      its->log_level = net::LogLevel::debug;
    }
    if (auto* its = std::get_if<AgentArguments>(&arguments.command)) {
      its->log_level = net::LogLevel::debug;
    }
  }
  if (demo->parsed()) arguments.command = demo_arguments(raw);
  if (complete->parsed()) arguments.command = Answer{completion(app, raw.shell)};
  if (print_manual->parsed()) arguments.command = Answer{manual(app, kDispatchPage)};
  if (example->parsed()) {
    const auto& of = command_with_config(app, raw.config_of);
    arguments.command = Answer{example_config(of, &of == start)};
  }
  if (check->parsed()) {
    refuse_empty_values(*check);
    const auto& path = check_options.config();
    arguments.command = check_arguments(
        path.empty() ? check_options.checked() : with_config_file(check_options, *check, path),
        raw);
  }
  if (config_check->parsed()) {
    const auto& of = command_with_config(app, raw.config_of);
    if (&of == start) {
      (void)with_config_file(start_options, *start, raw.config_file);
    } else if (&of == &coordinator.command()) {
      check_file<CoordinatorCommand>(raw.config_file);
    } else if (&of == &agent.command()) {
      check_file<AgentCommand>(raw.config_file);
    } else {
      check_file<MonitorCommand>(raw.config_file);
    }
    arguments.command = ConfigChecked{raw.config_file};
  }
  if (auto asked = control.arguments()) arguments.command = std::move(*asked);
  if (control.is_top()) arguments.command = TopArguments{raw.control};
  arguments.debug = raw.debug;
  return arguments;
}

}  // namespace dispatch::cli
