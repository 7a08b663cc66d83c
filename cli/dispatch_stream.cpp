// The program `dispatch-stream`: the stream commands of `dispatch`, and nothing else, for small
// machines.

#include "cli/help_formatter.hpp"
#include "cli/program.hpp"
#include "cli/stream_run.hpp"
#include "cli/version.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <memory>

namespace dispatch::cli {
namespace {

int run(int argc, char** argv) {
  CLI::App app("Moves data between files, datagrams and connections.", "dispatch-stream");
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_help_flag("-h,--help", "Print this help");
  app.set_version_flag("--version", fmt::format("dispatch-stream {}", kVersion),
                       "Print the version");
  app.require_subcommand(0, 1);
  StreamOptions options(StreamOptions::Metrics::absent);
  options.add_to(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    print(app.help());
    return kSuccess;
  } catch (const CLI::CallForVersion&) {
    print(app.version() + "\n");
    return kSuccess;
  } catch (const CLI::ParseError& error) {
    throw UsageError(fmt::format("{}; see 'dispatch-stream --help'", error.what()));
  }
  if (!options.parsed()) {
    throw UsageError("a command is missing: send, forward, reverse or record");
  }
  net::NullLog log;
  return run_stream(options.checked(), log, nullptr);
}

}  // namespace
}  // namespace dispatch::cli

int main(int argc, char** argv) {
  using namespace dispatch::cli;
  prepare_standard_streams();
  return run_program([&] { return run(argc, argv); });
}
