#include "engine/proxy/octets.hpp"
#include "tests/unit/proxy/fault_peer.hpp"
#include "tests/unit/proxy/fault_sessions.hpp"

#include <cstring>

namespace dispatch::proxy {
namespace {

using net::Task;

std::string octets(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

const std::string kPort = octets({0, FaultWorld::kTargetPort});
const std::string kAddress = octets({203, 0, 113, 10});
const std::string kName = "target.example";
const std::string kNamed5 = octets({5, 1, 0, 3, 14}) + kName + kPort;
const std::string kConnect4 = octets({4, 1}) + kPort + kAddress + octets({0});

// A connection to the proxy; none where that fails.
Task<std::optional<FaultPeer>> reach_proxy(FaultWorld& world) {
  auto stream = co_await world.reach_proxy();
  if (!stream) co_return std::nullopt;
  co_return FaultPeer(std::move(stream));
}

// Whether the proxy sent exactly this.
Task<bool> hears(FaultPeer& peer, std::string expected, Played& played) {
  const auto got = co_await peer.take(expected.size());
  if (!got) co_return false;
  if (*got != expected) played.broken.emplace_back("the proxy answered something else");
  co_return *got == expected;
}

// The answer to a SOCKS5 request: whether it is one of success, and the address in it.
struct Answered {
  bool success = false;
  net::Endpoint bound;
};

net::Endpoint endpoint_at(const std::string& bytes, std::size_t address, std::size_t port) {
  net::AddressV4::bytes_type raw;
  std::memcpy(raw.data(), &bytes[address], raw.size());
  return {net::AddressV4(raw), octet_pair(std::as_bytes(std::span(bytes)), port)};
}

Task<Answered> answer5(FaultPeer& peer) {
  const auto got = co_await peer.take(10);
  if (!got) co_return Answered{};
  co_return Answered{(*got)[1] == 0, endpoint_at(*got, 4, 8)};
}

Task<Answered> answer4(FaultPeer& peer) {
  const auto got = co_await peer.take(8);
  if (!got) co_return Answered{};
  co_return Answered{(*got)[1] == 90, endpoint_at(*got, 4, 2)};
}

Task<bool> greet(FaultPeer& peer, Played& played) {
  const auto greeting = octets({5, 1, 0});
  const bool said = co_await peer.say(greeting);
  if (!said) co_return false;
  const auto method = octets({5, 0});
  co_return co_await hears(peer, method, played);
}

Task<void> connect5(FaultWorld& world, Played& played) {
  auto peer = co_await reach_proxy(world);
  if (!peer) co_return;
  const bool greeted = co_await greet(*peer, played);
  if (!greeted) co_return;
  const bool said = co_await peer->say(kNamed5);
  if (!said) co_return;
  const auto answer = co_await answer5(*peer);
  if (answer.success) co_await use_tunnel(*peer, played, 0);
}

Task<void> connect5_with_password(FaultWorld& world, Played& played) {
  auto peer = co_await reach_proxy(world);
  if (!peer) co_return;
  const auto greeting = octets({5, 2, 0, 2});
  bool said = co_await peer->say(greeting);
  if (!said) co_return;
  const auto method = octets({5, 2});
  bool heard = co_await hears(*peer, method, played);
  if (!heard) co_return;
  const auto credentials = octets({1, 4}) + "fred" + octets({6}) + "secret";
  said = co_await peer->say(credentials);
  if (!said) co_return;
  const auto status = octets({1, 0});
  heard = co_await hears(*peer, status, played);
  if (!heard) co_return;
  said = co_await peer->say(kNamed5);
  if (!said) co_return;
  const auto answer = co_await answer5(*peer);
  if (answer.success) co_await use_tunnel(*peer, played, 0);
}

// Everything at once, and the first bytes of the stream with it.
Task<void> connect5_early(FaultWorld& world, Played& played) {
  constexpr std::size_t kEarly = 500;
  auto peer = co_await reach_proxy(world);
  if (!peer) co_return;
  const auto all = octets({5, 1, 0}) + kNamed5 + up_bytes().substr(0, kEarly);
  played.client_began = true;
  const bool said = co_await peer->say(all);
  if (!said) co_return;
  const auto method = octets({5, 0});
  const bool heard = co_await hears(*peer, method, played);
  if (!heard) co_return;
  const auto answer = co_await answer5(*peer);
  if (answer.success) co_await use_tunnel(*peer, played, kEarly);
}

Task<void> connect4_with(FaultWorld& world, Played& played, std::string request) {
  auto peer = co_await reach_proxy(world);
  if (!peer) co_return;
  const bool said = co_await peer->say(std::move(request));
  if (!said) co_return;
  const auto answer = co_await answer4(*peer);
  if (answer.success) co_await use_tunnel(*peer, played, 0);
}

Task<void> connect4(FaultWorld& world, Played& played) {
  co_await connect4_with(world, played, kConnect4);
}

Task<void> connect4a(FaultWorld& world, Played& played) {
  auto request = octets({4, 1}) + kPort + octets({0, 0, 0, 1, 0}) + kName + octets({0});
  co_await connect4_with(world, played, std::move(request));
}

// The target of BIND connects to where it has been told.
Task<void> come(FaultWorld& world, net::Endpoint to, Played& played) {
  auto stream = co_await world.target.network().connect(to, net::kAnyEgress);
  if (!stream) co_return;
  FaultPeer peer(std::move(*stream));
  co_await serve_tunnel(peer, played);
}

Task<void> bind5(FaultWorld& world, Played& played) {
  auto peer = co_await reach_proxy(world);
  if (!peer) co_return;
  const bool greeted = co_await greet(*peer, played);
  if (!greeted) co_return;
  const auto request = octets({5, 2, 0, 1}) + kAddress + kPort;
  const bool said = co_await peer->say(request);
  if (!said) co_return;
  const auto bound = co_await answer5(*peer);
  if (!bound.success) co_return;
  world.target_host.spawn(come(world, bound.bound, played));
  const auto connected = co_await answer5(*peer);
  if (connected.success) co_await use_tunnel(*peer, played, 0);
}

Task<void> bind4(FaultWorld& world, Played& played) {
  auto peer = co_await reach_proxy(world);
  if (!peer) co_return;
  const auto request = octets({4, 2}) + kPort + kAddress + octets({0});
  const bool said = co_await peer->say(request);
  if (!said) co_return;
  const auto bound = co_await answer4(*peer);
  if (!bound.success) co_return;
  world.target_host.spawn(come(world, bound.bound, played));
  const auto connected = co_await answer4(*peer);
  if (connected.success) co_await use_tunnel(*peer, played, 0);
}

Task<void> tunnel_target(FaultWorld&, net::StreamPtr stream, Played& played) {
  FaultPeer peer(std::move(stream));
  co_await serve_tunnel(peer, played);
}

}  // namespace

std::span<const Session> socks_sessions() {
  static constexpr Session kSessions[] = {
      {"SOCKS5", connect5, tunnel_target},
      {"SOCKS5 with a password", connect5_with_password, tunnel_target, {.with_password = true}},
      {"SOCKS5, data sent along", connect5_early, tunnel_target},
      {"SOCKS5 BIND", bind5, nullptr},
      {"SOCKS4", connect4, tunnel_target},
      {"SOCKS4a", connect4a, tunnel_target},
      {"SOCKS4 BIND", bind4, nullptr},
  };
  return kSessions;
}

}  // namespace dispatch::proxy
