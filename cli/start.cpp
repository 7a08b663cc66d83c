#include "cli/start.hpp"

#include "cli/console.hpp"
#include "cli/control_desk.hpp"
#include "cli/exit_status.hpp"
#include "cli/link_report.hpp"
#include "cli/listeners.hpp"
#include "cli/proxy_threads.hpp"
#include "cli/reload.hpp"
#include "cli/units.hpp"
#include "cli/usage_file.hpp"
#include "cli/version.hpp"
#include "engine/link/follower.hpp"
#include "engine/link/link_set.hpp"
#include "engine/os/memory.hpp"
#include "engine/os/runtime.hpp"
#include "engine/os/service_manager.hpp"
#include "engine/os/signals.hpp"
#include "engine/proxy/server.hpp"
#include "engine/units/quantity.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace dispatch::cli {
namespace {

void show_banner(const std::vector<proxy::ListenerSpec>& listeners,
                 const proxy::ServerOptions& options, const Links& links,
                 std::span<const net::Interface> interfaces) {
  try_print(fmt::format("dispatch {}: SOCKS and HTTP proxy on {}, dispatching to {}\n{}", kVersion,
                        list_of(listeners), format_count(links.size(), "link"),
                        link_table(links, interfaces)));
  warn_of_open_doors(listeners, options);
  if (std::ranges::all_of(links, [](const auto* link) { return link->is_absent(); })) {
    complain(
        "warning: no link has a way out yet: connections are refused until one has; see "
        "'dispatch list'");
  }
  if (lacks_device_binding(links)) {
    complain(
        "warning: this process may not bind sockets to a device (SO_BINDTODEVICE): connections "
        "carry the link's source address, and the system's routing rules must send them its way");
  }
}

// What is wrong with a file is said, and everything stays as it was.
net::Task<void> reload_on_hangup(os::Hangups& hangups, Reload& reload, net::Log& log) {
  for (;;) {
    if (co_await hangups.next()) co_return;
    try {
      log.info("SIGHUP: {}", reload());
    } catch (const std::runtime_error& error) {
      log.error("SIGHUP: {}; everything stays as it was", error.what());
    }
  }
}

// Twice as often as it has to be: a loop that is stuck for so long is to be started anew.
net::Task<void> feed_watchdog(const os::ServiceManager& manager, net::Clock& clock) {
  const net::Duration half = manager.watchdog().value() / 2;
  for (;;) {
    if (const auto error = co_await clock.sleep_for(half)) co_return;
    (void)manager.tell("WATCHDOG=1");
  }
}

// The state of a crowd of connections that has gone lies all over the heap.
net::Task<void> give_back_memory(const ProxyThreads& proxy, net::Clock& clock) {
  constexpr net::Duration kInterval = std::chrono::seconds(5);
  constexpr std::size_t kCrowd = 500;  // some megabytes
  std::size_t most = 0;
  for (;;) {
    if (const auto error = co_await clock.sleep_for(kInterval)) co_return;
    const auto live = proxy.live();
    most = std::max(most, live);
    if (most < kCrowd || live > most / 4) continue;
    os::give_back_free_memory();
    most = live;
  }
}

// Ends when the proxy has stopped, after the first signal; a second one cuts its drain short.
net::Task<void> serve_until_signal(os::Signals& signals, ProxyThreads& proxy, net::Log& log,
                                   net::TaskGroup& beside, const os::ServiceManager& manager,
                                   net::Duration drain) {
  using net::asio::experimental::awaitable_operators::operator||;
  (void)co_await signals.next();
  (void)manager.tell("STOPPING=1");
  beside.cancel();
  co_await beside.idle();
  const auto live = proxy.live();
  log.info("stopping with {}", format_count(live, "open connection"));
  try_print(live == 0 ? "\nStopping.\n"
                      : fmt::format("\nStopping: {} may take up to {} to end; a second signal "
                                    "ends {} now.\n",
                                    format_count(live, "open connection"), units::rounded(drain),
                                    live == 1 ? "it" : "them"));
  const auto executor = co_await net::asio::this_coro::executor;
  net::TaskGroup stopping(executor, nullptr);
  stopping.spawn(proxy.stop(drain));
  const auto first = co_await (stopping.idle() || signals.next());
  if (first.index() == 1) proxy.reset_all();
  co_await stopping.idle();
}

}  // namespace

int run_start(const StartArguments& arguments, net::Log& log) {
  os::Runtime runtime(log, {arguments.resolver, nullptr});
  const auto interfaces = runtime.interfaces().list();
  if (!interfaces) {
    throw RuntimeError("cannot list the network interfaces: " + interfaces.error().message());
  }
  link::LinkSet links(link::make_links(arguments.links, *interfaces, runtime.network()),
                      arguments.policy.make);
  os::Signals signals(runtime);
  os::Hangups hangups(runtime);
  auto options = arguments.server;
  if (arguments.usage_file != kNoUsageFile) {
    const auto& path = arguments.usage_file;
    options.usage_store = std::make_shared<UsageFile>(path.empty() ? default_usage_path() : path);
  }
  proxy::Server server(runtime, links, std::move(options));
  const auto listeners = open_listeners(server, arguments);
  ProxyThreads proxy(runtime, server, log, arguments.resolver);
  link::LinkFollower follower(runtime, links, link::automatic_spec(arguments.links));
  Reload reload(runtime, links, follower, proxy, arguments);
  ControlDesk control(runtime, links, proxy, reload, arguments);
  proxy.start(arguments.threads);
  show_banner(listeners, arguments.server, links.links(), *interfaces);
  if (const auto url = control.web_url(); !url.empty()) {
    try_print(fmt::format("Dashboard: {}\n", url));
  }
  log.info("dispatch {} listens on {}", kVersion, list_of(listeners));

  net::TaskGroup beside(runtime.executor(), nullptr);
  const os::ServiceManager manager;
  if (manager.watchdog()) beside.spawn(feed_watchdog(manager, runtime.clock()));
  (void)manager.tell("READY=1");
  beside.spawn(give_back_memory(proxy, runtime.clock()));
  beside.spawn(follower.run());
  control.start(beside);
  beside.spawn(reload_on_hangup(hangups, reload, log));
  net::asio::co_spawn(runtime.executor(),
                      serve_until_signal(signals, proxy, log, beside, manager, arguments.drain),
                      [&](std::exception_ptr exception) {
                        runtime.stop();
                        if (exception) std::rethrow_exception(exception);
                      });
  runtime.run();
  proxy.join();
  try_print(fmt::format("Dispatched {}:\n{}",
                        format_count(proxy.counters().accepted, "client connection"),
                        link_summary(links.links(), links.direct())));
  return kSuccess;
}

}  // namespace dispatch::cli
