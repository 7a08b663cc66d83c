#include "cli/arguments.hpp"

#include "cli/exit_status.hpp"
#include "cli/log_file.hpp"
#include "cli/version.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace dispatch::cli {
namespace {

constexpr auto kDebugHelp = "Write the debug log to standard output instead of the log file";

constexpr auto kExamples = R"(Examples:
  dispatch list                         which interfaces and addresses there are
  dispatch start                        dispatch to every usable interface
  dispatch start eth0/7 wlan0/3         70 % to eth0, 30 % to wlan0
  dispatch start 10.0.0.5@7 fdf0::2@3   the same with addresses; @ or / before the weight
  dispatch demo                         see it work here, with no second link
  curl -x socks5h://127.0.0.1:1080 https://example.com/
)";

constexpr auto kStartExamples =
    R"(Each ADDRESS is an IPv4 or IPv6 address of this machine or the name of an interface,
with a weight of 1 unless one is written behind it: eth0/7 or eth0@7. The connections
are spread in the proportion of the weights, for IPv4 and IPv6 separately. With no
ADDRESS every usable interface takes part.

Examples:
  dispatch start
  dispatch start --port 9000 eth0/7 wlan0/3
  dispatch start --ip ::1 192.0.2.5@2 2001:db8::5@2 wwan0

Ctrl-C or SIGTERM stops: no new connections, then up to 5 s for the open ones; a second
signal stops at once.
)";

// An integer option's value; CLI11's own message for a bad one does not say what would be right.
std::uint64_t whole_number(const std::string& option, const std::string& text, std::uint64_t low,
                           std::uint64_t high) {
  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end || value < low || value > high) {
    throw UsageError(
        fmt::format("{}: '{}' is not a whole number from {} to {}", option, text, low, high));
  }
  return value;
}

// What the options hold before their meaning is checked.
struct Raw {
  bool debug = false;
  bool json = false;
  std::string ip = "127.0.0.1";
  std::string port = "1080";
  std::vector<std::string> addresses;
  std::string downloads = "40";
  std::string size = "1000000";
  std::string parallel = "4";
};

StartArguments start_arguments(const Raw& raw) {
  StartArguments start;
  const auto address = net::parse_address(raw.ip);
  if (!address) {
    throw UsageError(fmt::format("--ip: '{}' is not an IPv4 or IPv6 address", raw.ip));
  }
  const auto port = whole_number("--port", raw.port, 0, std::numeric_limits<std::uint16_t>::max());
  start.listen = {*address, static_cast<std::uint16_t>(port)};
  for (const auto& text : raw.addresses) start.links.push_back(link::parse_link_spec(text));
  return start;
}

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
  app.set_help_flag("-h,--help", "Print this help");
  app.set_version_flag("--version", fmt::format("dispatch {}", kVersion), "Print the version");
  app.footer(kExamples + fmt::format("\nThe debug log is appended to {}\n", default_log_path()));
  const auto debug_flag = [&](CLI::App& command) {
    command.add_flag("-d,--debug", raw.debug, kDebugHelp);
  };
  debug_flag(app);

  auto* list = app.add_subcommand("list", "List the network interfaces and their addresses");
  debug_flag(*list);
  list->add_flag("--json", raw.json, "Print JSON");

  auto* start = app.add_subcommand("start", "Start the SOCKS5 proxy");
  debug_flag(*start);
  start->add_option("--ip", raw.ip, "Address to listen on")
      ->type_name("ADDRESS")
      ->default_str("127.0.0.1");
  start->add_option("--port", raw.port, "Port to listen on; 0 takes a free one")
      ->type_name("PORT")
      ->default_str("1080");
  start->add_option("ADDRESS", raw.addresses, "Links to dispatch to, with their weights")
      ->type_name("");
  start->footer(kStartExamples);

  auto* demo = app.add_subcommand("demo", "Dispatch downloads on this machine and check the split");
  debug_flag(*demo);
  demo->add_option("--downloads", raw.downloads, "How many")->type_name("N")->default_str("40");
  demo->add_option("--size", raw.size, "Bytes in each")->type_name("N")->default_str("1000000");
  demo->add_option("--parallel", raw.parallel, "How many at the same time")
      ->type_name("N")
      ->default_str("4");
  demo->footer(
      "Starts an HTTP server, and the proxy with the links 127.0.0.2/7 and 127.0.0.3/3; downloads\n"
      "through it with curl; prints what the server counted. No internet, no second link "
      "needed.\n");

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
  if (start->parsed()) arguments.command = start_arguments(raw);
  if (demo->parsed()) arguments.command = demo_arguments(raw);
  return arguments;
}

}  // namespace dispatch::cli
