#include "cli/console.hpp"
#include "cli/exit_status.hpp"
#include "cli/fleet/fleet_run.hpp"
#include "cli/version.hpp"
#include "engine/fleet/api_server.hpp"
#include "engine/fleet/coordinator.hpp"
#include "engine/fleet/fleet_page.hpp"
#include "engine/fleet/redact.hpp"
#include "engine/net/config_error.hpp"
#include "engine/os/descriptor_limit.hpp"
#include "engine/os/runtime.hpp"
#include "engine/os/service_manager.hpp"
#include "engine/os/signals.hpp"
#include "engine/store/postgres_history.hpp"
#include "engine/store/sqlite_history.hpp"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include <filesystem>

namespace dispatch::cli {
namespace {

constexpr std::size_t kMemoryRecordsMax = 100'000;

std::unique_ptr<fleet::HistoryStore> open_history(os::Runtime& runtime,
                                                  const CoordinatorArguments& arguments) {
  const auto& where = arguments.history;
  if (where == "none") {
    return std::make_unique<fleet::MemoryHistory>(
        std::min<std::size_t>(arguments.history_records, kMemoryRecordsMax));
  }
  if (where.starts_with("postgresql://") || where.starts_with("postgres://")) {
    return std::make_unique<store::PostgresHistory>(runtime, where, arguments.history_records);
  }
  std::error_code ignored;  // the store says what is wrong
  const auto folder = std::filesystem::path(where).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
  return std::make_unique<store::SqliteHistory>(runtime, where, arguments.history_records);
}

// Without a password.
std::string shown_history(const std::string& where) {
  return where == "none" ? "memory" : fleet::redacted_url(where);
}

class CoordinatorProgram {
 public:
  CoordinatorProgram(os::Runtime& runtime, const CoordinatorArguments& arguments)
      : arguments_(arguments),
        store_(open_history(runtime, arguments)),
        coordinator_(runtime, arguments.coordinator, *store_),
        server_(coordinator_),
        signals_(runtime),
        beside_(runtime.executor(), nullptr) {}

  net::Task<void> run() {
    const auto loaded = co_await coordinator_.load();
    if (loaded) throw RuntimeError("the history cannot be read: " + loaded.what);
    std::string where;
    for (const auto& endpoint : arguments_.listen) {
      const auto bound = server_.listen(endpoint, arguments_.tls);
      if (!bound) {
        throw RuntimeError(fmt::format("cannot listen at {}: {}", net::to_string(endpoint),
                                       bound.error().message()));
      }
      where += fmt::format("{}{}://{}", where.empty() ? "" : ", ",
                           arguments_.tls ? "https" : "http", net::to_string(*bound));
    }
    server_.add_page({"/", "text/html; charset=utf-8", std::string(fleet::kFleetPage)});
    beside_.spawn(coordinator_.run());
    server_.start();
    try_print(fmt::format("dispatch {}: coordinator at {}, history in {}\n", kVersion, where,
                          shown_history(arguments_.history)));
    const os::ServiceManager manager;
    (void)manager.tell("READY=1");
    (void)co_await signals_.next();
    (void)manager.tell("STOPPING=1");
    co_await server_.stop();
    beside_.cancel();
    (void)co_await beside_.idle();
    const auto& figures = coordinator_.figures();
    try_print(fmt::format("Executed {} requests in {} attempts.\n", figures.executed,
                          figures.attempts()));
  }

 private:
  const CoordinatorArguments& arguments_;
  std::unique_ptr<fleet::HistoryStore> store_;
  fleet::Coordinator coordinator_;
  fleet::ApiServer server_;
  os::Signals signals_;
  net::TaskGroup beside_;
};

}  // namespace

int run_coordinator(const CoordinatorArguments& arguments, net::Log& log) {
  LogFilter filtered(log, arguments.log_level);
  os::raise_descriptor_limit();
  os::Runtime runtime(filtered);
  CoordinatorProgram program(runtime, arguments);
  std::exception_ptr failure;
  net::asio::co_spawn(runtime.executor(), program.run(), [&](std::exception_ptr exception) {
    failure = exception;
    runtime.stop();
  });
  runtime.run();
  if (failure) std::rethrow_exception(failure);
  return kSuccess;
}

}  // namespace dispatch::cli
