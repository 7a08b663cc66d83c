#include "cli/console.hpp"
#include "cli/exit_status.hpp"
#include "cli/fleet/fleet_run.hpp"
#include "cli/version.hpp"
#include "engine/fleet/agent.hpp"
#include "engine/os/descriptor_limit.hpp"
#include "engine/os/runtime.hpp"
#include "engine/os/service_manager.hpp"
#include "engine/os/signals.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fmt/format.h>

namespace dispatch::cli {
namespace {

net::Task<void> until_signal(os::Signals& signals, fleet::Agent& agent,
                             const AgentArguments& arguments) {
  using net::asio::experimental::awaitable_operators::operator||;
  std::string urls;
  for (const auto& each : arguments.agent.coordinators) {
    urls += (urls.empty() ? "" : ", ") + each.text();
  }
  try_print(fmt::format("dispatch {}: {} for {}, with {} source address{}\n", kVersion,
                        arguments.agent.id, urls, agent.addresses().size(),
                        agent.addresses().size() == 1 ? "" : "es"));
  if (agent.addresses().empty()) {
    complain("warning: there is no source address to offer yet; see 'dispatch list', --address");
  }
  const os::ServiceManager manager;
  (void)manager.tell("READY=1");
  auto work = agent.run();
  auto signal = signals.next();
  const auto first = co_await (std::move(work) || std::move(signal));
  (void)manager.tell("STOPPING=1");
  if (first.index() == 0) throw RuntimeError("every coordinator has removed this agent");
  const auto& counters = agent.counters();
  try_print(fmt::format("Executed {} requests, {} of them with an answer.\n", counters.executed,
                        counters.answered));
}

}  // namespace

int run_agent(const AgentArguments& arguments, net::Log& log) {
  LogFilter filtered(log, arguments.log_level);
  os::raise_descriptor_limit();
  os::RuntimeOptions options;
  options.free_bind = arguments.free_bind;
  os::Runtime runtime(filtered, options);
  fleet::Agent agent(runtime, arguments.agent);
  os::Signals signals(runtime);
  std::exception_ptr failure;
  net::asio::co_spawn(runtime.executor(), until_signal(signals, agent, arguments),
                      [&](std::exception_ptr exception) {
                        failure = exception;
                        runtime.stop();
                      });
  runtime.run();
  if (failure) std::rethrow_exception(failure);
  return kSuccess;
}

}  // namespace dispatch::cli
