#include "tests/conformance/namespace_lab.hpp"

#include <fmt/format.h>

#include <sched.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace dispatch::conformance {
namespace {

constexpr int kOtherDescriptor = 9;  // the other namespace, in the script

// A child of ours enters the namespace, so that this process never leaves its own.
void run_script(const os::NetworkNamespace& space, const os::NetworkNamespace& other,
                const std::string& script) {
  const auto child = ::fork();
  if (child == 0) {
    if (::setns(space.descriptor(), CLONE_NEWNET) != 0) ::_exit(126);
    ::dup2(other.descriptor(), kOtherDescriptor);
    ::execl("/bin/sh", "sh", "-e", "-c", script.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) {
    throw std::runtime_error(fmt::format("status {}: {}", status, script));
  }
}

constexpr const char* kKernelSettings =
    "echo 0 > /proc/sys/net/ipv4/ip_forward;"
    "echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter; echo 0 > "
    "/proc/sys/net/ipv4/conf/default/rp_filter;"
    "echo 0 > /proc/sys/net/ipv6/conf/all/forwarding;"
    "echo 0 > /proc/sys/net/ipv6/conf/default/router_solicitations;"
    "echo 0 > /proc/sys/net/ipv4/icmp_ratelimit; echo 0 > /proc/sys/net/ipv6/icmp/ratelimit;"
    "ip link set lo up;";

std::string addresses(int host) {
  std::string batch;
  for (int link = 0; link < 2; ++link) {
    batch += fmt::format(
        "address replace 10.77.{0}.{1}/24 dev wan{0}\n"
        "address replace fd77:{0}::{1}/64 dev wan{0} nodad\n"
        "link set wan{0} up\n",
        link, host);
  }
  return batch;
}

std::string batch(const std::string& lines) {
  return "ip -batch - <<'EOF'\n" + lines + "EOF\n";
}

// A batch takes rules and routes of the family that its command names.
std::string client_routes(int link) {
  std::string v4;
  std::string v6;
  const auto add = [&](std::string& batch, const char* to, const std::string& gateway) {
    batch += fmt::format("route replace {} via {} metric {}\n", to, gateway, 100 + 100 * link);
    // What is sent from the link's address. No default route here either: for IPv6 the kernel
    // chooses a source and looks it up even where the main table has no route.
    batch += fmt::format("route replace {} via {} dev wan{} table 10{}\n", to, gateway, link, link);
  };
  for (const auto* to : {"10.77.9.0/24", "198.51.100.0/24"}) {
    add(v4, to, fmt::format("10.77.{}.1", link));
  }
  for (const auto* to : {"fd77:9::/64", "2001:db8:dead::/48"}) {
    add(v6, to, fmt::format("fd77:{}::1", link));
  }
  return "ip -4 -batch - <<'EOF'\n" + v4 + "EOF\nip -6 -batch - <<'EOF'\n" + v6 + "EOF\n";
}

std::string routes_removed(int link) {
  return fmt::format(
      "ip route flush dev wan{0} proto boot; ip -6 route flush dev wan{0} proto boot;"
      "ip route flush table 10{0}; ip -6 route flush table 10{0};",
      link);
}

// The links that there are not, without the addresses that are not in the plan.
std::string links() {
  std::string script;
  for (int link = 0; link < 2; ++link) {
    script += fmt::format(
        "ip link show wan{0} > /dev/null 2>&1 || "
        "ip link add wan{0} type veth peer name wan{0} netns /proc/self/fd/{1};"
        "ip address flush dev wan{0} to 10.77.{0}.77; ip address flush dev wan{0} to fd77:{0}::77;",
        link, kOtherDescriptor);
  }
  return script;
}

// The server's own address is elsewhere: the server is a router on the way to it.
constexpr const char* kServerIsRouter =
    "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding;"
    "ip address del 10.77.9.1/32 dev lo; ip address del fd77:9::1/128 dev lo;";
const std::string kServerForwardsNothing =
    "echo 0 > /proc/sys/net/ipv4/ip_forward; echo 0 > /proc/sys/net/ipv6/conf/all/forwarding;"
    "ip route flush type unreachable; ip route flush type prohibit;"
    "ip -6 route flush type prohibit;"
    "ip address replace 10.77.9.1/32 dev lo; ip address replace fd77:9::1/128 dev lo;";

}  // namespace

std::unique_ptr<NamespaceLab> NamespaceLab::create(std::string& why) {
  const auto client = os::NetworkNamespace::create();
  const auto server = os::NetworkNamespace::create();
  if (!client || !server) {
    why = "no network namespaces: " + (client ? server.error() : client.error()).message();
    return nullptr;
  }
  auto lab = std::make_unique<NamespaceLab>();
  lab->client_ = *client;
  lab->server_ = *server;
  try {
    std::string rules;
    for (int link = 0; link < 2; ++link) {
      rules += fmt::format(
          "ip -4 rule add from 10.77.{0}.2 lookup 10{0};"
          "ip -6 rule add from fd77:{0}::2 lookup 10{0};",
          link);
    }
    lab->in_server(kKernelSettings);
    lab->in_client(kKernelSettings + rules);
    lab->restore();
  } catch (const std::exception& refused) {
    why = refused.what();
    return nullptr;
  }
  return lab;
}

void NamespaceLab::restore() const {
  in_client(links());
  in_server(kServerForwardsNothing + batch(addresses(1)) + "ip neigh flush nud permanent;");
  in_client(batch(addresses(2)) + client_routes(0) + client_routes(1) +
            "ip neigh flush nud permanent;");
}

void NamespaceLab::cause(int link, Fault fault) const {
  const auto lost = [&](int host) {
    return fmt::format(
        "ip neigh replace 10.77.{0}.{1} lladdr 02:00:00:00:00:99 nud permanent dev wan{0};"
        "ip neigh replace fd77:{0}::{1} lladdr 02:00:00:00:00:99 nud permanent dev wan{0}",
        link, host);
  };
  switch (fault) {
    case Fault::none:
      return;
    // Frames for an unknown hardware address are dropped by the other end.
    case Fault::dark_up:
      return in_client(lost(1));
    case Fault::dark_down:
      return in_server(lost(2));
    case Fault::dark:
      in_client(lost(1));
      return in_server(lost(2));
    case Fault::down:
      return in_client(fmt::format("ip link set wan{} down", link));
    case Fault::unplugged:
      return in_client(fmt::format("ip link delete wan{}", link));
    case Fault::address_removed:
      return in_client(fmt::format("ip address flush dev wan{}", link));
    case Fault::address_changed:
      in_client(
          fmt::format("ip address flush dev wan{0} scope global;"
                      "ip address add 10.77.{0}.77/24 dev wan{0};"
                      "ip address add fd77:{0}::77/64 dev wan{0} nodad",
                      link));
      return in_client(client_routes(link));
    case Fault::routes_removed:
      return in_client(routes_removed(link));
    case Fault::network_unreachable:
      return in_server(kServerIsRouter);
    case Fault::host_unreachable:
      return in_server(std::string(kServerIsRouter) + "ip route add unreachable 10.77.9.1");
    case Fault::prohibited:
      return in_server(std::string(kServerIsRouter) +
                       "ip route add prohibit 10.77.9.1; ip route add prohibit fd77:9::1");
  }
}

void NamespaceLab::in_client(const std::string& script) const {
  run_script(*client_, *server_, script);
}
void NamespaceLab::in_server(const std::string& script) const {
  run_script(*server_, *client_, script);
}

}  // namespace dispatch::conformance
