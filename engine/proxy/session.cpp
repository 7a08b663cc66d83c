#include "engine/proxy/session.hpp"

#include "engine/proxy/entrance.hpp"
#include "engine/proxy/first_flight.hpp"
#include "engine/proxy/http_head.hpp"
#include "engine/proxy/socks4.hpp"
#include "engine/proxy/socks5.hpp"
#include "engine/tls/session.hpp"

#include <boost/system/errc.hpp>

#include <memory>

namespace dispatch::proxy {
namespace {

using net::Task;
namespace errc = boost::system::errc;

constexpr auto kTlsOnly = "no TLS, on a listener that is for TLS only";
constexpr auto kNoCertificate = "TLS, and there is no certificate to show (--tls-cert)";
constexpr auto kUnknown = "no protocol that is served here";

Task<std::optional<Tunnel>> negotiate(Client& client) {
  const auto first = co_await enter(client);
  if (!first) {
    const bool is_plain = client.entrance.tls_only && first.error() == errc::protocol_error;
    client.refused(is_plain ? kTlsOnly : "handshake", first.error());
    co_return std::nullopt;
  }
  if (*first == socks5::kVersion) co_return co_await negotiate_socks5(client);
  if (*first == socks4::kVersion) co_return co_await negotiate_socks4(client);
  if (http::may_begin_request(*first)) co_return co_await negotiate_http(client);
  client.refused(*first == tls::kFirstByte ? kNoCertificate : kUnknown,
                 errc::make_error_code(errc::protocol_error));
  co_return std::nullopt;
}

// What of a handshake goes on in the relay.
struct Handover {
  Established established;
  Bytes early;  // came along with the request: the first bytes of the stream
};

// What the handshake needed is given back here, before the connection's long life begins.
Task<std::unique_ptr<Handover>> establish(Service& service, net::StreamPtr stream,
                                          Entrance entrance, Admission::Place place) {
  auto client = std::make_unique<Client>(service, std::move(stream), entrance, place);
  auto tunnel = co_await negotiate(*client);
  if (!tunnel) co_return nullptr;
  auto early = std::move(tunnel->early);
  const auto left = client->buffer.bytes();
  early.insert(early.end(), left.begin(), left.end());
  auto peer = client->peer;
  auto flight = FirstFlight::of(std::move(*client), tunnel->dialed, early);
  co_return std::unique_ptr<Handover>(
      new Handover{{std::move(client->stream), std::move(peer), std::move(tunnel->target),
                    std::move(tunnel->dialed), std::move(place), std::move(flight)},
                   std::move(early)});
}

}  // namespace

// The place is the client's until the end, which comes later where the relay takes over.
Task<void> serve_client(Service& service, net::StreamPtr stream, Entrance entrance,
                        Admission::Place place) {
  ++service.counters.accepted;
  auto handover = co_await establish(service, std::move(stream), entrance, std::move(place));
  if (!handover) co_return;
  const auto deadline = service.runtime.clock().now() + service.options.handshake_timeout;
  auto [established, early] = std::move(*handover);
  handover = nullptr;
  co_await service.relays.begin(std::move(established), std::move(early), deadline);
}

}  // namespace dispatch::proxy
