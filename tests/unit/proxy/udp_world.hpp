// A laptop that runs the proxy for its LAN, with a link of both families and one of IPv4, and in
// the internet servers that send datagrams back: the stage of the tests of UDP ASSOCIATE.
#pragma once

#include "engine/net/deadline.hpp"
#include "engine/proxy/socks5_udp.hpp"
#include "sim/host/dns_server.hpp"
#include "tests/unit/proxy/faulty_runtime.hpp"
#include "tests/unit/proxy/proxy_world.hpp"

#include <map>
#include <memory>

namespace dispatch::proxy {

struct UdpWorld {
  explicit UdpWorld(std::vector<std::string> arguments = {"wifi", "lte"},
                    ServerOptions options = {})
      : simulation(1),
        world(simulation),
        laptop(world.add_host("laptop")),
        phone(world.add_host("phone")),
        tablet(world.add_host("tablet")),
        www(world.add_host("www")),
        runtime(laptop, ledger),
        dns(www) {
    attach(laptop, "lan", {"10.0.0.1/24", "2001:db8:aa::1/64"}, 1ms);
    attach(laptop, "wifi", {"192.0.2.2/24", "2001:db8:2::2/64"}, 10ms);
    attach(laptop, "lte", {"198.51.100.2/24"}, 30ms);
    attach(phone, "eth0", {"10.0.0.2/24", "2001:db8:aa::2/64"}, 1ms);
    attach(tablet, "eth0", {"10.0.0.3/24"}, 1ms);
    attach(www, "eth0", {"203.0.113.10/24", "203.0.113.11/24", "2001:db8:80::10/64"}, 5ms);
    laptop.set_nameservers({{address("203.0.113.10"), 53}});
    www.spawn(dns.serve({address("203.0.113.10"), 53}));
    dns.add("www.example", {address("203.0.113.10"), address("2001:db8:80::10")}, 60s);
    dns.add("v4.example", {address("203.0.113.10")}, 60s);
    dns.add("v6.example", {address("2001:db8:80::10")}, 60s);
    std::vector<link::LinkSpec> specs;
    for (const auto& argument : arguments) specs.push_back(link::parse_link_spec(argument));
    const auto interfaces = laptop.interfaces().list().value();
    links.emplace(link::make_links(specs, interfaces, laptop.network()),
                  [] { return std::make_unique<link::SmoothWeightedRoundRobin>(); });
    server.emplace(runtime, *links, options);
    for (const auto* local : {"0.0.0.0:1080", "[::]:1080"}) {
      BOOST_REQUIRE(server->listen(endpoint(local)).has_value());
    }
    server->start();
    idle_sockets = laptop.udp_sockets();
  }
  ~UdpWorld() { simulation.drop_tasks(); }
  UdpWorld(const UdpWorld&) = delete;
  UdpWorld& operator=(const UdpWorld&) = delete;

  sim::Link& attach(sim::Host& host, const char* interface, std::vector<const char*> addresses,
                    net::Duration delay) {
    std::vector<net::Prefix> prefixes;
    for (const auto* each : addresses) prefixes.push_back(prefix(each));
    sim::DirectionOptions both;
    both.delay = delay;
    return world.attach(host, interface, prefixes, sim::LinkOptions::symmetric(both));
  }

  // Sends back what comes to this port of the web server's, and notes from where.
  void echo(std::uint16_t port) {
    for (const auto family : {net::Family::v4, net::Family::v6})
      www.spawn(serve(*this, {net::any_address(family), port}));
  }

  static net::Task<void> serve(UdpWorld& self, net::Endpoint local) {
    net::DatagramOptions options;
    options.local = local;
    const auto socket = self.www.network().open_datagram(options).value();
    std::vector<std::byte> buffer(65536);
    for (;;) {
      std::array<net::DatagramIn, 1> in{};
      in[0].buffer = buffer;
      const auto got = co_await socket->receive(in);
      if (!got) co_return;
      self.heard.push_back({in[0].from, local.port, std::string(text_of(in[0].data()))});
      std::array<net::DatagramOut, 1> out{};
      out[0].data = in[0].data();
      out[0].to = in[0].from;
      static_cast<void>(co_await socket->send(out));
    }
  }

  void run(net::Task<void> program, net::Duration limit = 600s) {
    bool ended = false;
    simulation.spawn(ProxyWorld::watched(std::move(program), ended));
    const auto deadline = simulation.now() + limit;
    while (!ended && simulation.now() < deadline && simulation.step()) {
    }
    BOOST_REQUIRE_MESSAGE(ended, "the program did not end");
  }

  net::Task<void> pause(net::Duration span) {
    static_cast<void>(co_await laptop.clock().sleep_for(span));
  }

  UdpCounters counters() const { return server->counters().udp; }
  std::size_t relay_sockets() const { return laptop.udp_sockets() - idle_sockets; }
  link::LinkCounters& link_counters(std::size_t index) { return links->links()[index]->counters(); }

  // Once every client has gone.
  void check_nothing_is_left() {
    simulation.run_for(200s);
    BOOST_TEST(server->counters().live == 0u);
    BOOST_TEST(counters().live == 0u);
    for (const auto& link : links->links()) BOOST_TEST(link->counters().live == 0u);
    BOOST_TEST(relay_sockets() == 0u);
    BOOST_TEST(laptop.tcp_sockets() == 0u);
  }

  struct Heard {
    net::Endpoint from;
    std::uint16_t port = 0;
    std::string text;
  };

  sim::Simulation simulation;
  sim::World world;
  sim::Host& laptop;
  sim::Host& phone;
  sim::Host& tablet;
  sim::Host& www;
  FaultLedger ledger;  // plan a fault here, and an operation of the proxy fails
  FaultyRuntime runtime;
  sim::DnsServer dns;
  std::optional<link::LinkSet> links;
  std::optional<Server> server;
  std::vector<Heard> heard;  // by the web server
  std::size_t idle_sockets = 0;
};

// A program that uses UDP through the proxy. The reply is that to its request.
struct UdpClient {
  net::StreamPtr control;
  net::DatagramPtr socket;
  net::Endpoint relay;
  socks5::Reply reply = socks5::Reply::general_failure;
};

struct Said {
  bool own_port = false;           // names the port that it sends from, and the address:
  std::optional<net::Address> as;  // none: its own
};

inline net::DatagramPtr open_socket(sim::Host& host, const net::Address& local) {
  net::DatagramOptions options;
  options.local = {local, 0};
  return host.network().open_datagram(options).value();
}

// The reply stays a failure where the connection ends before there is one.
inline net::Task<UdpClient> associate(sim::Host& host, net::Endpoint proxy, Said said = {}) {
  UdpClient client;
  client.control = (co_await host.network().connect(proxy, net::kAnyEgress)).value();
  const auto own = client.control->local_endpoint().address;
  client.socket = open_socket(host, own);
  Target from{said.as.value_or(own), client.socket->local_endpoint().port};
  if (!said.own_port) from = {net::any_address(net::family_of(own)), 0};
  auto bytes = socks5::encode_greeting(std::vector{socks5::Method::none});
  append(bytes, socks5::encode_request(socks5::Command::udp_associate, from));
  const auto lost = co_await net::write_all(*client.control, bytes);
  if (lost) co_return client;
  HandshakeBuffer buffer;
  auto method = co_await receive_message(*client.control, buffer, socks5::decode_method);
  if (!method) co_return client;
  auto answer = co_await receive_message(*client.control, buffer, socks5::decode_answer);
  if (!answer) co_return client;
  client.reply = answer->message.reply;
  client.relay = {std::get<net::Address>(answer->message.bound.host), answer->message.bound.port};
  co_return client;
}

// As a client puts it, names included.
inline Bytes udp_request(const Target& target, std::span<const std::byte> payload,
                         std::uint8_t fragment = 0) {
  // A request of the stream has the same address and port, after three other bytes.
  auto bytes = socks5::encode_request(socks5::Command::udp_associate, target);
  bytes[0] = bytes[1] = std::byte{0};
  bytes[2] = std::byte{fragment};
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

inline void send_raw(net::Datagram& socket, const net::Endpoint& to,
                     std::span<const std::byte> bytes) {
  std::array<net::DatagramOut, 1> out{};
  out[0].data = bytes;
  out[0].to = to;
  BOOST_TEST(socket.try_send(out).has_value());
}

// "HOST:PORT", "[ADDRESS]:PORT".
inline Target target_at(std::string_view text) {
  if (const auto literal = net::parse_endpoint(text)) return {literal->address, literal->port};
  const auto colon = text.rfind(':');
  const auto port = std::stoi(std::string(text.substr(colon + 1)));
  return {std::string(text.substr(0, colon)), static_cast<std::uint16_t>(port)};
}

inline void send_to(UdpClient& client, std::string_view target, std::string_view text) {
  const auto bytes = udp_request(target_at(target), std::as_bytes(std::span(text)));
  send_raw(*client.socket, client.relay, bytes);
}

struct FromTarget {
  std::string source;  // as the header says; "nothing" where nothing came
  std::string text;
};

inline net::Task<FromTarget> receive_from(sim::Host& host, net::Datagram& socket,
                                          net::Duration patience = 1s) {
  std::vector<std::byte> buffer(65536);
  std::array<net::DatagramIn, 1> in{};
  in[0].buffer = buffer;
  auto operation = socket.receive(in);
  const auto deadline = host.clock().now() + patience;
  const auto got = co_await net::with_deadline(host.clock(), deadline, std::move(operation));
  if (!got) co_return FromTarget{"nothing", {}};
  const auto split = socks5::split_udp(in[0].data());
  BOOST_REQUIRE((split.fault == socks5::UdpFault::none));
  const auto target = socks5::udp_target(split.destination);
  BOOST_REQUIRE(target.has_value());
  co_return FromTarget{to_string(*target), std::string(text_of(split.payload))};
}

}  // namespace dispatch::proxy
