// Groups, broadcast, ports that are shared.
#include "engine/net/deadline.hpp"
#include "tests/conformance/case.hpp"
#include "tests/conformance/tools.hpp"

#include <array>

namespace dispatch::conformance {
BOOST_AUTO_TEST_SUITE(groups)
namespace {

constexpr std::uint16_t kPort = 5004;

net::Address group(net::Family family, int last = 7) {
  return *net::parse_address((family == net::Family::v6 ? "ff15::77:" : "239.77.0.") +
                             std::to_string(last));
}

net::DatagramPtr open(net::Runtime& runtime, const net::DatagramOptions& options) {
  auto socket = runtime.network().open_datagram(options);
  REQUIRE_SUCCESS(socket);
  return std::move(*socket);
}

net::DatagramOptions member_of(const net::Address& group, const std::string& interface) {
  net::DatagramOptions options;
  options.local = {net::any_address(net::family_of(group)), kPort};
  options.groups = {{group, interface, std::nullopt}};
  options.shared_port = true;
  return options;
}

// By the client's first link.
net::DatagramOptions sender(World& world, net::Family family) {
  net::DatagramOptions options;
  options.local.address = net::any_address(family);
  options.multicast_interface = world.links()[0].device;
  options.hop_limit = 8;
  return options;
}

net::Task<net::Status> send(net::Datagram& socket, std::string_view text, net::Address to) {
  std::array<net::DatagramOut, 1> out{{{bytes_of(text), {to, kPort}}}};
  const auto sent = co_await socket.send(out);
  co_return sent ? net::Status{} : sent.error();
}

// What comes within a moment; empty: nothing.
net::Task<std::string> next_heard(net::Runtime& runtime, net::Datagram& socket) {
  std::array<std::byte, 100> buffer;
  std::array<net::DatagramIn, 1> in{};
  in[0].buffer = buffer;
  const auto limit = runtime.clock().now() + 50ms;
  const auto got = co_await net::with_deadline(runtime.clock(), limit, socket.receive(in));
  if (!got) co_return "";
  const auto data = in[0].data();
  co_return std::string(reinterpret_cast<const char*>(data.data()), data.size());
}

CONFORMANCE_CASE_PER_FAMILY(what_is_sent_to_a_group_reaches_its_members_and_nobody_else) {
  NEEDS_LINKS();
  const auto first = open(world.server(), member_of(group(family), world.server_device()));
  const auto second = open(world.server(), member_of(group(family), world.server_device()));
  const auto other = open(world.server(), member_of(group(family, 8), world.server_device()));
  const auto client = open(world.client(), sender(world, family));
  const auto error = co_await send(*client, "hello", group(family));
  BOOST_TEST(!error, error.message());
  BOOST_TEST((co_await next_heard(world.server(), *first)) == "hello");
  BOOST_TEST((co_await next_heard(world.server(), *second)) == "hello");
  BOOST_TEST((co_await next_heard(world.server(), *other)) == "");
}

CONFORMANCE_CASE_PER_FAMILY(a_member_also_hears_what_is_sent_to_its_host) {
  NEEDS_LINKS();
  const auto member = open(world.server(), member_of(group(family), world.server_device()));
  const auto client = open(world.client(), sender(world, family));
  const auto error = co_await send(*client, "you", world.server_address(family));
  BOOST_TEST(!error, error.message());
  BOOST_TEST((co_await next_heard(world.server(), *member)) == "you");
}

CONFORMANCE_CASE_PER_FAMILY(a_connected_socket_sends_to_a_group_from_the_address_of_its_link) {
  NEEDS_LINKS();
  const auto member = open(world.server(), member_of(group(family), world.server_device()));
  auto options = sender(world, family);
  options.connect = net::Endpoint{group(family), kPort};
  const auto client = open(world.client(), options);
  BOOST_TEST(net::to_string(client->local_endpoint().address) ==
             net::to_string(world.links()[0].address(family)));
  const auto error = co_await send(*client, "hello", {});
  BOOST_TEST(!error, error.message());
  BOOST_TEST((co_await next_heard(world.server(), *member)) == "hello");
}

CONFORMANCE_CASE_PER_FAMILY(of_a_source_that_is_named_only_its_own_is_heard) {
  NEEDS_LINKS();
  auto options = member_of(group(family), world.server_device());
  options.groups[0].source = world.links()[0].address(family);
  const auto wanted = open(world.server(), options);
  options.groups[0].source = world.links()[1].address(family);
  const auto unwanted = open(world.server(), options);
  const auto client = open(world.client(), sender(world, family));
  const auto error = co_await send(*client, "hello", group(family));
  BOOST_TEST(!error, error.message());
  BOOST_TEST((co_await next_heard(world.server(), *wanted)) == "hello");
  BOOST_TEST((co_await next_heard(world.server(), *unwanted)) == "");
}

CONFORMANCE_CASE_PER_FAMILY(members_on_the_same_host_hear_it_unless_the_sender_does_not_want_it) {
  NEEDS_LINKS();
  const auto member = open(world.client(), member_of(group(family), world.links()[0].device));
  for (const bool loop : {true, false}) {
    auto options = sender(world, family);
    options.multicast_loop = loop;
    const auto client = open(world.client(), options);
    const auto error = co_await send(*client, "hello", group(family));
    BOOST_TEST(!error, error.message());
    BOOST_TEST((co_await next_heard(world.client(), *member)) == (loop ? "hello" : ""));
  }
}

CONFORMANCE_CASE_PER_FAMILY(a_group_is_heard_on_the_interface_where_it_was_joined) {
  NEEDS_LINKS();
  const auto member = open(world.client(), member_of(group(family), world.links()[1].device));
  auto options = sender(world, family);
  options.hop_limit = 1;  // no router brings it round
  const auto client = open(world.client(), options);
  const auto error = co_await send(*client, "hello", group(family));
  BOOST_TEST(!error, error.message());
  BOOST_TEST((co_await next_heard(world.client(), *member)) == "");
}

CONFORMANCE_CASE_PER_FAMILY(what_cannot_be_joined_is_refused) {
  NEEDS_LINKS();
  auto& network = world.client().network();
  CHECK_ERROR(network.open_datagram(member_of(group(family), "none0")), no_such_device);
  const auto device = world.links()[0].device;
  auto options = member_of(group(family), device);
  options.groups[0].group = world.server_address(family);
  CHECK_ERROR(network.open_datagram(options), invalid_argument);
  options.groups[0].group = group(family == net::Family::v6 ? net::Family::v4 : net::Family::v6);
  CHECK_ERROR(network.open_datagram(options), invalid_argument);
  auto sending = sender(world, family);
  sending.multicast_interface = "none0";
  CHECK_ERROR(network.open_datagram(sending), no_such_device);
  co_return;
}

CONFORMANCE_CASE(a_port_is_shared_by_those_who_both_want_it) {
  auto options = member_of(group(net::Family::v4), "");
  options.groups.clear();
  const auto first = open(world.client(), options);
  const auto second = open(world.client(), options);
  options.shared_port = false;
  CHECK_ERROR(world.client().network().open_datagram(options), address_in_use);
  co_return;
}

CONFORMANCE_CASE(who_may_not_broadcast_is_told_so) {
  NEEDS_LINKS();
  net::DatagramOptions options;
  options.egress.device = world.links()[0].device;
  for (const bool allowed : {false, true}) {
    options.broadcast = allowed;
    const auto client = open(world.client(), options);
    const auto error = co_await send(*client, "all", net::AddressV4::broadcast());
    BOOST_TEST((error == boost::system::errc::permission_denied) == !allowed, error.message());
    BOOST_TEST(!error == allowed);
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::conformance
