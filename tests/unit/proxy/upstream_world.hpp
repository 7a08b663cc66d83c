// The dialer's stage with a proxy in the internet: another dispatch, or one that follows a script.
#pragma once

#include "engine/proxy/server.hpp"
#include "tests/unit/proxy/dial_world.hpp"

#include <string>
#include <vector>

namespace dispatch::proxy {

inline constexpr const char* kHop = "203.0.113.20";
inline constexpr const char* kHopUrl = "socks5://203.0.113.20:1080";
// What a scripted proxy listens on, and what stands for it among the links.
inline constexpr std::uint16_t kScripted = 9000;
inline constexpr const char* kScriptedUrl = "socks5://203.0.113.20:9000";

// Of links that lead to a proxy inside TLS.
struct Security {
  std::shared_ptr<const tls::Context> shown;     // by the proxy
  std::shared_ptr<const tls::Context> believed;  // by the laptop
};

// Another dispatch runs in the internet, on a host with the address kHop.
struct UpstreamWorld : DialWorld {
  explicit UpstreamWorld(std::vector<std::string> arguments = {kHopUrl},
                         DialOptions options = fixed(), Accounts accounts = {},
                         Security security = {})
      : DialWorld(std::move(arguments), std::move(options), 1, security.believed),
        hop(world.add_host("hop")) {
    attach(hop, "eth0", {"203.0.113.20/24", "2001:db8:80::20/64"}, 0ms);
    hop.set_nameservers({{ip("203.0.113.53"), 53}});
    dns.add("hop.example", {ip(kHop)}, 60s);
    const std::vector<link::LinkSpec> specs{link::parse_link_spec("eth0")};
    const auto interfaces = hop.interfaces().list().value();
    hop_links.emplace(link::make_links(specs, interfaces, hop.network()),
                      [] { return std::make_unique<link::SmoothWeightedRoundRobin>(); });
    ServerOptions server;
    server.accounts = std::move(accounts);
    server.tls = std::move(security.shown);
    hop_server.emplace(hop, *hop_links, server);
    BOOST_REQUIRE(hop_server->listen({ip(kHop), 1080}).has_value());
    hop_server->start();
    www.spawn(echo(*this));
  }
  ~UpstreamWorld() { simulation.drop_tasks(); }

  // Port 7 sends back what it gets, behind a greeting.
  static net::Task<void> echo(UpstreamWorld& self) {
    auto listener = self.www.network().listen({ip(kWww4), 7}, {}).value();
    for (;;) {
      auto stream = co_await listener->accept();
      if (!stream) co_return;
      self.peers.push_back((*stream)->remote_endpoint());
      self.www.spawn(send_back(std::move(*stream)));
    }
  }
  static net::Task<void> send_back(net::StreamPtr stream) {
    std::vector<std::byte> buffer(4096, std::byte{'!'});
    std::size_t count = 1;
    while (count != 0) {
      const auto data = std::span(buffer).first(count);
      if (co_await net::write_all(*stream, data)) co_return;
      const auto got = co_await stream->read_some(buffer);
      if (!got) co_return;
      count = *got;
    }
    static_cast<void>(stream->shutdown_write());
  }

  // A proxy that answers each thing it reads with the next of `lines`, then holds or hangs up.
  enum class Then { hold, close, reset };
  void script(std::vector<std::string> lines, Then then) {
    hop.spawn(play(*this, std::move(lines), then));
  }
  static net::Task<void> play(UpstreamWorld& self, std::vector<std::string> lines, Then then) {
    auto listener = self.hop.network().listen({ip(kHop), kScripted}, {}).value();
    for (;;) {
      auto stream = co_await listener->accept();
      if (!stream) co_return;
      self.hop.spawn(answer(std::move(*stream), lines, then));
    }
  }
  static net::Task<void> answer(net::StreamPtr stream, std::vector<std::string> lines, Then then) {
    std::vector<std::byte> buffer(4096);
    for (const auto& line : lines) {
      const auto got = co_await stream->read_some(buffer);
      if (!got || *got == 0) co_return;
      const auto bytes = std::as_bytes(std::span(line));
      if (!bytes.empty() && co_await net::write_all(*stream, bytes)) co_return;
    }
    if (then == Then::reset) stream->abort();
    if (then != Then::hold) co_return;
    co_await hold(std::move(stream));
  }

  // Sends `text` through the connection and its end; what comes back until its end.
  std::string exchange(net::Stream& stream, std::string text) {
    std::string back;
    bool ended = false;
    simulation.spawn(exchange_into(stream, std::move(text), back, ended));
    while (!ended && simulation.step()) {
    }
    return back;
  }
  static net::Task<void> exchange_into(net::Stream& stream, std::string text, std::string& back,
                                       bool& ended) {
    const auto bytes = std::as_bytes(std::span(text));
    static_cast<void>(co_await net::write_all(stream, bytes));
    static_cast<void>(stream.shutdown_write());
    std::vector<std::byte> buffer(100);
    for (;;) {
      const auto got = co_await stream.read_some(buffer);
      if (!got || *got == 0) break;
      back.append(reinterpret_cast<const char*>(buffer.data()), *got);
    }
    ended = true;
  }

  void check_nothing_is_left_anywhere() {
    check_nothing_is_left();
    BOOST_TEST(hop.tcp_sockets() == 0u);
    BOOST_TEST(hop_server->counters().live == 0u);
    for (const auto& link : links->links()) BOOST_TEST(link->counters().dialling == 0u);
  }

  sim::Host& hop;
  std::optional<link::LinkSet> hop_links;
  std::optional<Server> hop_server;
  std::vector<net::Endpoint> peers;  // of the echo server
};

}  // namespace dispatch::proxy
