// What the kernel decides of packets, by rtnetlink(7) and sysctls.
#include "engine/os/route_message.hpp"
#include "engine/os/router.hpp"
#include "engine/os/socket.hpp"
#include "engine/os/socket_address.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fcntl.h>
#include <linux/fib_rules.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dispatch::os {
namespace {

constexpr std::array kFamilies{std::uint8_t{AF_INET}, std::uint8_t{AF_INET6}};

std::uint8_t family_number(const net::Address& address) {
  return address.is_v6() ? AF_INET6 : AF_INET;
}

void add_address(RouteQuestion& question, std::uint16_t kind, const net::Address& address) {
  if (address.is_v6()) {
    const auto bytes = address.to_v6().to_bytes();
    question.add(kind, std::as_bytes(std::span(bytes)));
  } else {
    const auto bytes = address.to_v4().to_bytes();
    question.add(kind, std::as_bytes(std::span(bytes)));
  }
}

std::optional<net::Address> address_in(std::span<const std::byte> bytes) {
  if (bytes.size() == sizeof(in_addr)) {
    in_addr v4;
    std::memcpy(&v4, bytes.data(), sizeof v4);
    return address_of(v4);
  }
  if (bytes.size() == sizeof(in6_addr)) {
    in6_addr v6;
    std::memcpy(&v6, bytes.data(), sizeof v6);
    return address_of(v6, 0);
  }
  return std::nullopt;
}

std::string device_in(const RouteMessage& message) {
  std::array<char, IF_NAMESIZE> name{};
  const auto index = message.number(RTA_OIF);
  if (!index || ::if_indextoname(*index, name.data()) == nullptr) return {};
  return name.data();
}

std::uint32_t table_in(const RouteMessage& message) {
  return message.number(RTA_TABLE).value_or(message.head().rtm_table);
}

net::Prefix prefix_in(const RouteMessage& message, std::uint16_t kind, std::uint8_t length) {
  const auto family = message.head().rtm_family == AF_INET6 ? net::Family::v6 : net::Family::v4;
  return {address_in(message.attribute(kind)).value_or(net::any_address(family)), length};
}

// A route of several ways (RTA_MULTIPATH) has no device of its own, and is left out.
void add_route(net::Routing& routing, const RouteMessage& message) {
  if (message.type() != RTM_NEWROUTE || message.head().rtm_type != RTN_UNICAST) return;
  if ((message.head().rtm_flags & RTM_F_CLONED) != 0) return;
  auto device = device_in(message);
  if (device.empty()) return;
  routing.routes.push_back({prefix_in(message, RTA_DST, message.head().rtm_dst_len),
                            std::move(device), address_in(message.attribute(RTA_GATEWAY)),
                            table_in(message)});
}

void add_rule(net::Routing& routing, const RouteMessage& message) {
  if (message.type() != RTM_NEWRULE) return;
  net::RoutingRule rule;
  const auto length = message.head().rtm_src_len;  // fib_rule_hdr has the same place for it
  if (length != 0) rule.from = prefix_in(message, FRA_SRC, length);
  rule.table = message.number(FRA_TABLE).value_or(message.head().rtm_table);
  routing.rules.push_back(rule);
}

// -1: it cannot be read.
int sysctl_number(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char digit = 0;
  if (!file || ::read(file.get(), &digit, 1) != 1) return -1;
  return digit - '0';
}

}  // namespace

net::Result<net::RoutePath> Router::route_to(const net::Address& to, const net::Egress& egress) {
  RouteQuestion question(RTM_GETROUTE, 0, family_number(to));
  const auto whole = static_cast<std::uint8_t>(to.is_v6() ? 128 : 32);
  add_address(question, RTA_DST, to);
  question.head().rtm_dst_len = whole;
  // With a source IPv6 takes the device of the question for a wish only; that of a socket is none.
  const bool asks_for_source = egress.source && (to.is_v4() || egress.device.empty());
  if (asks_for_source) {
    add_address(question, RTA_SRC, *egress.source);
    question.head().rtm_src_len = whole;
  }
  if (!egress.device.empty()) {
    const std::uint32_t index = ::if_nametoindex(egress.device.c_str());
    if (index == 0) return last_error();
    question.add(RTA_OIF, std::as_bytes(std::span(&index, 1)));
  }
  net::RoutePath path;
  const auto error = question.ask([&](const RouteMessage& message) {
    if (message.type() != RTM_NEWROUTE) return;
    path.device = device_in(message);
    path.gateway = address_in(message.attribute(RTA_GATEWAY));
  });
  if (error) return error;
  return path;
}

net::Result<net::Routing> Router::routing() {
  net::Routing routing;
  for (const auto family : kFamilies) {
    const auto no_routes =
        RouteQuestion(RTM_GETROUTE, NLM_F_DUMP, family).ask([&](const auto& message) {
          add_route(routing, message);
        });
    if (no_routes) return no_routes;
    const auto no_rules =
        RouteQuestion(RTM_GETRULE, NLM_F_DUMP, family).ask([&](const auto& message) {
          add_rule(routing, message);
        });
    if (no_rules) return no_rules;
  }
  return routing;
}

net::ReversePathFilter Router::reverse_path_filter(const std::string& device) {
  const std::string folder = "/proc/sys/net/ipv4/conf/";
  // The stricter in number of the two counts (ip-sysctl): 1 is strict, 2 loose.
  const int value = std::max(sysctl_number(folder + "all/rp_filter"),
                             sysctl_number(folder + device + "/rp_filter"));
  if (value == 1) return net::ReversePathFilter::strict;
  return value == 2 ? net::ReversePathFilter::loose : net::ReversePathFilter::off;
}

}  // namespace dispatch::os
