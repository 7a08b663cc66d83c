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
    "echo 1 > /proc/sys/net/ipv6/conf/all/keep_addr_on_down;"
    "echo 0 > /proc/sys/net/ipv6/conf/all/forwarding;"
    "echo 0 > /proc/sys/net/ipv6/conf/default/router_solicitations;"
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
std::string client_routes() {
  std::string v4;
  std::string v6;
  const auto add = [](std::string& batch, const char* to, const std::string& gateway, int link) {
    batch += fmt::format("route replace {} via {} metric {}\n", to, gateway, 100 + 100 * link);
    // What is sent from the link's address. No default route here either: for IPv6 the kernel
    // chooses a source and looks it up even where the main table has no route.
    batch += fmt::format("route replace {} via {} dev wan{} table 10{}\n", to, gateway, link, link);
  };
  for (int link = 0; link < 2; ++link) {
    for (const auto* to : {"10.77.9.0/24", "198.51.100.0/24"}) {
      add(v4, to, fmt::format("10.77.{}.1", link), link);
    }
    for (const auto* to : {"fd77:9::/64", "2001:db8:dead::/48"}) {
      add(v6, to, fmt::format("fd77:{}::1", link), link);
    }
  }
  return "ip -4 -batch - <<'EOF'\n" + v4 + "EOF\nip -6 -batch - <<'EOF'\n" + v6 + "EOF\n";
}

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
    std::string links;
    std::string rules;
    for (int link = 0; link < 2; ++link) {
      links += fmt::format("link add wan{0} type veth peer name wan{0} netns /proc/self/fd/{1}\n",
                           link, kOtherDescriptor);
      rules += fmt::format(
          "ip -4 rule add from 10.77.{0}.2 lookup 10{0};"
          "ip -6 rule add from fd77:{0}::2 lookup 10{0};",
          link);
    }
    lab->in_server(kKernelSettings +
                   batch("address add 10.77.9.1/32 dev lo\naddress add fd77:9::1/128 dev lo\n"));
    lab->in_client(kKernelSettings + batch(links) + rules);
    lab->restore();
  } catch (const std::exception& refused) {
    why = refused.what();
    return nullptr;
  }
  return lab;
}

void NamespaceLab::restore() {
  in_server(batch(addresses(1)) + "ip neigh flush nud permanent;");
  in_client(batch(addresses(2)) + client_routes() + "ip neigh flush nud permanent;");
}

void NamespaceLab::in_client(const std::string& script) const {
  run_script(*client_, *server_, script);
}
void NamespaceLab::in_server(const std::string& script) const {
  run_script(*server_, *client_, script);
}

}  // namespace dispatch::conformance
