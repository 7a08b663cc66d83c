#include "engine/proxy/client.hpp"

#include "engine/proxy/dial_error.hpp"
#include "engine/proxy/sticky_key.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <array>

namespace dispatch::proxy {

namespace {

// What a target is told of the client: nothing where it has no address.
std::optional<proxy_protocol::Addresses> addresses_of(const Peer& peer, const Target& target,
                                                      const net::Stream& stream) {
  if (peer.path) return std::nullopt;
  auto destination = stream.remote_endpoint();
  if (const auto* literal = std::get_if<net::Address>(&target.host)) {
    destination = {*literal, target.port};
  }
  return proxy_protocol::Addresses{{net::unmapped(peer.address), peer.port}, destination};
}

}  // namespace

net::Task<net::Result<Dialed>> Caller::dial(Target target, DialWish wish) {
  // Between a header for the target and the target can be no proxy that reads requests.
  if (service.options.send_proxy) wish.forwards = false;
  if (const auto isolation = service.links.traits().isolation; isolation.any()) {
    wish.key = sticky_key(isolation, {peer, target, user});
  }
  auto among_its = service.target_places->take(target);
  if (!among_its) co_return among_its.error();
  auto dialed = co_await service.dialer.dial(target, std::move(wish));
  if (dialed) dialed->place = std::move(*among_its);
  if (const auto& asks = service.options.tcp_keep_alive; asks && dialed) {
    dialed->stream->keep_alive(*asks);
  }
  const auto version = service.options.send_proxy;
  if (!dialed || !version) co_return dialed;
  const auto addresses = addresses_of(peer, target, *dialed->stream);
  const auto header = proxy_protocol::encode(*version, addresses);
  if (const auto error = co_await net::write_all(*dialed->stream, header, deadline()))
    co_return error;
  co_return dialed;
}

void Caller::tell_of_early_end(link::Link& left, const net::Error& error, const Target& target,
                               const link::Link& by) {
  if (error != boost::system::errc::connection_reset || &left == &by) return;
  auto what = fmt::format("{} reset a connection before its first byte, and answered by {}",
                          to_string(target), by.name());
  const link::Evidence seen{link::Sign::reset_early, runtime().clock().now(), std::move(what)};
  link::observe(service.links, left, seen, runtime().log());
}

void Client::refused(const std::string& what, const net::Error& error) {
  ++service.counters.refused;
  runtime().log().info("{} -> {}: {}", to_string(peer), what, explain(error));
}

net::Task<net::Status> Client::tell(std::string answer) {
  co_return co_await net::write_all(*stream, std::as_bytes(std::span(answer)), deadline());
}

net::Task<void> Client::finish() {
  constexpr net::Duration kLingerTimeout = std::chrono::seconds(2);
  if (stream->shutdown_write()) co_return;
  const auto until = runtime().clock().now() + kLingerTimeout;
  std::array<std::byte, 512> ignored;
  // Looked at here too: to who never stops sending, there is always something to read at once.
  while (runtime().clock().now() < until) {
    const auto got = co_await stream->read_some(ignored, until);
    if (!got || *got == 0) co_return;
  }
}

}  // namespace dispatch::proxy
