#include "engine/proxy/session.hpp"

#include "engine/proxy/entrance.hpp"
#include "engine/proxy/http_head.hpp"
#include "engine/proxy/relay.hpp"
#include "engine/proxy/socks4.hpp"
#include "engine/proxy/socks5.hpp"

#include <boost/system/errc.hpp>

#include <memory>

namespace dispatch::proxy {
namespace {

using net::Task;
namespace errc = boost::system::errc;

Task<std::optional<Tunnel>> negotiate(Client& client) {
  const auto first = co_await enter(client);
  if (!first) {
    client.refused("handshake", first.error());
    co_return std::nullopt;
  }
  if (*first == socks5::kVersion) co_return co_await negotiate_socks5(client);
  if (*first == socks4::kVersion) co_return co_await negotiate_socks4(client);
  if (http::may_begin_request(*first)) co_return co_await negotiate_http(client);
  client.refused("no protocol that is served here", errc::make_error_code(errc::protocol_error));
  co_return std::nullopt;
}

// A relay needs none of what the handshake did: that is given back before the connection's long
// life begins.
struct Established {
  net::StreamPtr stream;
  net::Endpoint peer;
  std::vector<std::byte> early;  // came along with the request: the first bytes of the stream
  Tunnel tunnel;
};

Task<std::unique_ptr<Established>> establish(Service& service, net::StreamPtr stream,
                                             Entrance entrance) {
  auto client = std::make_unique<Client>(service, std::move(stream), entrance);
  auto tunnel = co_await negotiate(*client);
  if (!tunnel) co_return nullptr;
  auto early = std::move(tunnel->early);
  const auto left = client->buffer.bytes();
  early.insert(early.end(), left.begin(), left.end());
  co_return std::make_unique<Established>(
      Established{std::move(client->stream), client->peer, std::move(early), std::move(*tunnel)});
}

// Errors: those of the relay.
Task<net::Status> relay_bytes(Connection& connection, std::vector<std::byte> early) {
  auto& target = connection.target_stream;
  if (!early.empty()) {
    if (const auto error = co_await net::write_all(target, early)) {
      connection.client_stream.abort();
      co_return error;
    }
    connection.sent.add(early.size());
    early = {};
  }
  const auto report =
      co_await relay(connection.client_stream, target, connection.sent, connection.received);
  co_return report.to_client.error ? report.to_client.error : report.to_target.error;
}

Task<void> relay_to_target(Service& service, std::unique_ptr<Established> established) {
  auto& runtime = service.runtime;
  auto& [client, peer, early, tunnel] = *established;
  auto& [stream, use] = tunnel.dialed;
  auto& counters = use.link().counters();
  Connection connection{peer,
                        tunnel.target,
                        use.link(),
                        *client,
                        *stream,
                        runtime.clock().now(),
                        net::ByteCounter(&counters.sent),
                        net::ByteCounter(&counters.received)};
  const ConnectionTable::Entry entry(service.connections, connection);
  const auto error = co_await relay_bytes(connection, std::move(early));
  runtime.log().debug("{} -> {} through {}: sent {} B, received {} B, {}", net::to_string(peer),
                      to_string(tunnel.target), use.link().name(), connection.sent.total(),
                      connection.received.total(), error ? error.message() : "ended");
}

}  // namespace

// The place is the client's until the end.
Task<void> serve_client(Service& service, net::StreamPtr stream, Entrance entrance,
                        Admission::Place) {
  ++service.counters.accepted;
  ++service.counters.live;
  struct Live {
    ServerCounters& counters;
    ~Live() { --counters.live; }
  } live{service.counters};
  auto established = co_await establish(service, std::move(stream), entrance);
  if (established) co_await relay_to_target(service, std::move(established));
}

}  // namespace dispatch::proxy
