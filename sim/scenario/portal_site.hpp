// What a captive portal serves: its own address for every name, and a redirection for every page.
#pragma once

#include "engine/net/runtime.hpp"
#include "engine/net/task_group.hpp"
#include "sim/host/dns_server.hpp"

namespace dispatch::scenario {

// A program of the host that is the portal. Outlives its tasks.
class PortalSite {
 public:
  explicit PortalSite(net::Runtime& runtime);

  // Listens at the host's own addresses. Throws std::runtime_error where it cannot.
  void start(const std::vector<net::Address>& addresses);

 private:
  net::Task<void> serve(net::ListenerPtr listener);
  static net::Task<void> redirect(net::StreamPtr stream);

  net::Runtime& runtime_;
  sim::DnsServer names_;
  net::TaskGroup tasks_;
};

}  // namespace dispatch::scenario
