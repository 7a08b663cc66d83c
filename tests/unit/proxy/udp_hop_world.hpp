// The stage of the UDP tests with SOCKS5 proxies in the internet: another dispatch, and one that
// does as a test says.
#pragma once

#include "tests/unit/proxy/udp_world.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::proxy {

// At "hop", 203.0.113.20. Its names, and nobody else's: hidden.example and twin.example, of the
// server at 203.0.113.10 and of that at 203.0.113.11.
struct HopWorld : UdpWorld {
  static inline const net::Endpoint kProxy = endpoint("10.0.0.1:1080");
  static constexpr auto* kHop = "203.0.113.20";
  static constexpr auto* kHopUrl = "socks5://203.0.113.20:1080";
  static constexpr auto* kScriptedUrl = "socks5://203.0.113.20:9000";
  static constexpr auto* kEcho = "203.0.113.10:7";

  explicit HopWorld(std::vector<std::string> arguments, ServerOptions options = {},
                    ServerOptions of_hop = {})
      : UdpWorld(std::move(arguments), std::move(options)), hop(world.add_host("hop")) {
    hop_line = &attach(hop, "eth0", {"203.0.113.20/24", "2001:db8:80::20/64"}, 5ms);
    hop.add_host_name("hidden.example", {address("203.0.113.10")});
    hop.add_host_name("twin.example", {address("203.0.113.11")});
    hop.add_host_name("v4.example", {address("203.0.113.10")});
    hop.add_host_name("v6.example", {address("2001:db8:80::10")});
    const std::vector<link::LinkSpec> specs{link::parse_link_spec("eth0")};
    const auto interfaces = hop.interfaces().list().value();
    hop_links.emplace(link::make_links(specs, interfaces, hop.network()),
                      [] { return std::make_unique<link::SmoothWeightedRoundRobin>(); });
    hop_server.emplace(hop, *hop_links, of_hop);
    BOOST_REQUIRE(hop_server->listen({address(kHop), 1080}).has_value());
    hop_server->start();
    echo(7);
  }
  ~HopWorld() { simulation.drop_tasks(); }

  // A proxy at port 9000 that grants whatever it is asked for, says that its relay is at `relay`
  // (none: at the one that it has), and sends the datagrams back behind the header `answer` of it.
  using Answer = std::function<Bytes(std::span<const std::byte> header)>;
  void script(Answer answer, std::optional<net::Endpoint> relay = std::nullopt) {
    hop.spawn(grant(*this, std::move(answer), relay));
  }

  // What the client hears first in answer to `text`: "SENDER TEXT", or "nothing".
  net::Task<std::string> ask(UdpClient& client, std::string_view target, std::string_view text,
                             net::Duration patience = 1s) {
    send_to(client, target, text);
    const auto got = co_await receive_from(phone, *client.socket, patience);
    co_return got.source == "nothing" ? "nothing" : got.source + " " + got.text;
  }

  // What a client that asks one question hears.
  std::string one_answer(std::string_view target = kEcho, net::Duration patience = 1s) {
    std::string answer;
    const auto program = [&]() -> net::Task<void> {
      auto client = co_await associate(phone, kProxy);
      BOOST_TEST((client.reply == socks5::Reply::succeeded));
      answer = co_await ask(client, target, "hello", patience);
    };
    run(program());
    return answer;
  }

  void check_nothing_is_left_anywhere() {
    check_nothing_is_left();
    BOOST_TEST(hop_server->counters().live == 0u);
    BOOST_TEST(hop.tcp_sockets() == 0u);
    for (const auto& link : links->links()) BOOST_TEST(link->counters().dialling == 0u);
  }

  sim::Host& hop;
  sim::Link* hop_line = nullptr;
  std::optional<link::LinkSet> hop_links;
  std::optional<Server> hop_server;
  std::size_t granted = 0;  // by the scripted proxy

 private:
  static net::Task<void> grant(HopWorld& self, Answer answer, std::optional<net::Endpoint> relay) {
    auto listener = self.hop.network().listen({address(kHop), 9000}, {}).value();
    for (;;) {
      auto stream = co_await listener->accept();
      if (!stream) co_return;
      self.hop.spawn(serve_one(self, std::move(*stream), answer, relay));
    }
  }

  static net::Task<void> serve_one(HopWorld& self, net::StreamPtr stream, Answer answer,
                                   std::optional<net::Endpoint> relay) {
    net::DatagramOptions options;
    options.local = {address(kHop), 0};
    const auto socket = self.hop.network().open_datagram(options).value();
    Bytes buffer(64);
    auto got = co_await stream->read_some(buffer);
    if (!got) co_return;
    const auto method = socks5::encode_method(socks5::Method::none);
    if (co_await net::write_all(*stream, method)) co_return;
    got = co_await stream->read_some(buffer);
    if (!got) co_return;
    const auto bound = relay.value_or(socket->local_endpoint());
    const auto granted = socks5::encode_answer(socks5::Reply::succeeded, bound);
    if (co_await net::write_all(*stream, granted)) co_return;
    ++self.granted;
    net::TaskGroup relaying(self.hop.executor(), nullptr);
    relaying.spawn(send_back(*socket, answer));
    static_cast<void>(co_await stream->read_some(buffer));
    relaying.cancel();
    static_cast<void>(co_await relaying.idle());
  }

  static net::Task<void> send_back(net::Datagram& socket, const Answer& answer) {
    Bytes buffer(65536);
    for (;;) {
      std::array<net::DatagramIn, 1> in{};
      in[0].buffer = buffer;
      const auto got = co_await socket.receive(in);
      if (!got) co_return;
      const auto split = socks5::split_udp(in[0].data());
      const auto header = answer(in[0].data().first(in[0].data().size() - split.payload.size()));
      std::array<net::DatagramOut, 1> out{};
      out[0].data = split.payload;
      out[0].head = header;
      out[0].to = in[0].from;
      static_cast<void>(co_await socket.send(out));
    }
  }
};

// The header of what comes from there, by its name or its address.
inline Bytes header_of(std::string_view source) {
  return udp_request(target_at(source), {});
}

}  // namespace dispatch::proxy
