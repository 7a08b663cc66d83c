#include "cli/arguments.hpp"

#include "cli/exit_status.hpp"
#include "cli/help_formatter.hpp"
#include "cli/log_file.hpp"
#include "cli/version.hpp"
#include "cli/whole_number.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

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
};

DemoArguments demo_arguments(const Raw& raw) {
  DemoArguments demo;
  demo.downloads = whole_number("--downloads", raw.downloads, 1, 10'000);
  demo.size_bytes = whole_number("--size", raw.size, 1, 1'000'000'000);
  demo.parallel = whole_number("--parallel", raw.parallel, 1, 64);
  return demo;
}

}  // namespace

Arguments parse_arguments(int argc, const char* const* argv) {
  Raw raw;
  CLI::App app("Spreads connections over several internet links.", "dispatch");
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_help_flag("-h,--help", "Print this help");
  app.set_version_flag("--version", fmt::format("dispatch {}", kVersion), "Print the version");
  app.footer(kExamples + fmt::format("\nThe log is appended to {}\n", default_log_path()));
  const auto debug_flag = [&](CLI::App& command) {
    command.add_flag("-d,--debug", raw.debug, kDebugHelp);
  };
  debug_flag(app);

  auto* list = app.add_subcommand("list", "List the network interfaces and their addresses");
  debug_flag(*list);
  list->add_flag("--json", raw.json, "Print JSON");

  auto* start = app.add_subcommand("start", "Start the proxy");
  debug_flag(*start);
  const auto start_options = std::make_shared<StartOptions>();
  start_options->add_to(*start);

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
          fmt::format("'{}' is neither a command (list, start, demo) nor an option; "
                      "see 'dispatch --help'",
                      app.remaining().front()));
    }
    throw UsageError(fmt::format("{}; see 'dispatch {}--help'", error.what(),
                                 used.empty() ? "" : used.front()->get_name() + " "));
  }
  if (app.get_subcommands().empty()) {
    throw UsageError("a command is missing: list, start or demo; see 'dispatch --help'");
  }

  Arguments arguments;
  arguments.debug = raw.debug;
  if (list->parsed()) arguments.command = ListArguments{raw.json};
  if (start->parsed()) {
    auto checked = start_options->checked();
    checked.read_again = [start_options] { return start_options->read_files(); };
    arguments.command = std::move(checked);
  }
  if (demo->parsed()) arguments.command = demo_arguments(raw);
  return arguments;
}

}  // namespace dispatch::cli
