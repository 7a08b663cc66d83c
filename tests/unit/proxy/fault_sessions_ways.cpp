#include "tests/unit/proxy/fault_peer.hpp"
#include "tests/unit/proxy/fault_sessions.hpp"

#include <stdexcept>

namespace dispatch::proxy {
namespace {

using namespace std::string_literals;
using net::Task;
using proxy_protocol::Version;

const auto kSocks5ToName = "\x05\x01\x00\x05\x01\x00\x03\x0etarget.example\x00\x50"s;
// No authentication; not allowed (RFC 1928 6).
const auto kNotAllowed = "\x05\x00\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00"s;

// A client that is to be refused. The refusal is what there is to be complete.
Task<void> refused5(FaultWorld& world, Played& played) {
  auto stream = co_await world.reach_proxy();
  if (!stream) co_return;
  FaultPeer peer(std::move(stream));
  const bool said = co_await peer.say(kSocks5ToName);
  if (!said) co_return;
  const auto answer = co_await peer.to_end();
  if (!answer) co_return;
  played.client_complete = played.target_complete = *answer == kNotAllowed;
  // What is cut off is another failure's, and general failure one of the look-up's.
  const bool cut = kNotAllowed.starts_with(*answer);
  const bool failed = answer->size() == kNotAllowed.size() && (*answer)[3] != 0;
  if (!cut && !failed) played.broken.emplace_back("a target that is refused was reached");
}

Task<void> refused_http(FaultWorld& world, Played& played) {
  auto stream = co_await world.reach_proxy();
  if (!stream) co_return;
  FaultPeer peer(std::move(stream));
  const bool said = co_await peer.say(
      "GET http://target.example/ HTTP/1.1\r\nHost: target.example\r\nConnection: close\r\n\r\n");
  if (!said) co_return;
  const auto answer = co_await peer.to_end();
  if (!answer) co_return;
  played.client_complete = played.target_complete = answer->starts_with("HTTP/1.1 403 ");
  if (answer->starts_with("HTTP/1.1 200 ")) {
    played.broken.emplace_back("a target that is refused was reached");
  }
}

Session with(std::string_view name, std::string_view session, Setup setup) {
  auto result = session_of(session);
  result.name = name;
  result.setup = std::move(setup);
  return result;
}

Session refused(std::string_view name, Task<void> (*client)(FaultWorld&, Played&),
                std::string_view route) {
  // An accept, reads and writes, an end.
  return {name, client, nullptr, {.route = route, .reaches_target = false, .operations_min = 4}};
}

}  // namespace

const Session& session_of(std::string_view name) {
  for (const auto sessions : {socks_sessions(), http_sessions()}) {
    for (const auto& each : sessions) {
      if (each.name == name) return each;
    }
  }
  throw std::logic_error("there is no such session");
}

std::span<const Session> entrance_sessions() {
  static const Session kSessions[] = {
      with("SOCKS5 within TLS", "SOCKS5", {.tls = true}),
      with("SOCKS5 BIND within TLS", "SOCKS5 BIND", {.tls = true}),
      with("CONNECT within TLS, data sent along", "CONNECT, data sent along", {.tls = true}),
      with("persistent HTTP within TLS", "persistent HTTP", {.tls = true}),
      with("SOCKS5 behind PROXY v1", "SOCKS5, data sent along", {.accept_proxy = Version::v1}),
      with("chunked HTTP behind PROXY v2", "chunked HTTP", {.accept_proxy = Version::v2}),
      with("TLS behind PROXY v2", "SOCKS4a", {.tls = true, .accept_proxy = Version::v2}),
      // Streams that say how long they are: at a path a reset cannot be told from an end
      // (net::Network::listen_local).
      with("persistent HTTP at a path", "persistent HTTP", {.local = true}),
      with("pipelined HTTP at a path", "pipelined HTTP", {.local = true}),
  };
  return kSessions;
}

std::span<const Session> way_out_sessions() {
  static const Session kSessions[] = {
      with("SOCKS5, PROXY v1 to the target", "SOCKS5, data sent along",
           {.send_proxy = Version::v1}),
      with("CONNECT, PROXY v2 to the target", "CONNECT", {.send_proxy = Version::v2}),
      with("HTTP, PROXY v2 to the target", "persistent HTTP", {.send_proxy = Version::v2}),
      with("SOCKS5, direct", "SOCKS5", {.route = "203.0.113.0/24=direct"}),
      with("HTTP, direct", "persistent HTTP", {.route = "target.example=direct"}),
      with("SOCKS5 by a named link", "SOCKS5", {.route = "target.example=lte"}),
      with("CONNECT by a named link", "CONNECT, data sent along", {.route = "*=wifi"}),
      refused("SOCKS5, refused by its name", refused5, "target.example=refuse"),
      refused("SOCKS5, refused by its address", refused5, "203.0.113.10=refuse"),
      refused("HTTP, refused", refused_http, "203.0.113.10=refuse"),
      with("SOCKS5 through SOCKS5", "SOCKS5", {.upstream = "socks5"}),
      with("SOCKS4a through HTTP", "SOCKS4a", {.upstream = "http"}),
      with("CONNECT through SOCKS5", "CONNECT, data sent along", {.upstream = "socks5"}),
      with("HTTP through HTTP", "persistent HTTP", {.upstream = "http"}),
      with("HTTP through SOCKS4a", "chunked HTTP", {.upstream = "socks4a"}),
      with("SOCKS5 through HTTP within TLS", "SOCKS5, data sent along", {.upstream = "https"}),
      with("CONNECT through HTTP within TLS", "CONNECT", {.upstream = "https"}),
      with("HTTP through HTTP within TLS", "persistent HTTP", {.upstream = "https"}),
      with("TLS through HTTP within TLS", "SOCKS5", {.tls = true, .upstream = "https"}),
      with("PROXY v2 through HTTP within TLS", "SOCKS4a",
           {.send_proxy = Version::v2, .upstream = "https"}),
      with("PROXY v1 through SOCKS5", "SOCKS5", {.send_proxy = Version::v1, .upstream = "socks5"}),
  };
  return kSessions;
}

}  // namespace dispatch::proxy
