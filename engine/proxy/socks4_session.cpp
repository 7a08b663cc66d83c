// A client that speaks SOCKS4 or SOCKS4a.
#include "engine/proxy/bind.hpp"
#include "engine/proxy/client.hpp"
#include "engine/proxy/socks4.hpp"

#include <boost/system/errc.hpp>

namespace dispatch::proxy {
namespace {

using net::Result;
using net::Task;
using socks4::Reply;
namespace errc = boost::system::errc;

const net::Endpoint kNowhere{net::any_address(net::Family::v4), 0};

Task<void> refuse(Client& client, std::string what, net::Error why) {
  client.refused(what, why);
  const auto bytes = socks4::encode_answer(Reply::rejected, kNowhere);
  if (co_await net::write_all(*client.stream, bytes)) co_return;
  co_await client.finish();
}

Task<Result<socks4::DecodedRequest>> receive_request(Client& client) {
  return receive_message(*client.stream, client.buffer, socks4::decode_request);
}

// Why the request cannot be served, if so.
net::Error objection(const Client& client, const socks4::DecodedRequest& request) {
  if (request.progress == Progress::invalid) return errc::make_error_code(errc::protocol_error);
  // The protocol has a name, and nothing to prove it with.
  if (!client.service.options.accounts.empty()) {
    return errc::make_error_code(errc::permission_denied);
  }
  return {};
}

// Grants, telling `endpoint`; false where the client has gone.
Task<bool> grant(Client& client, net::Endpoint endpoint) {
  const auto granted = socks4::encode_answer(Reply::granted, endpoint);
  const auto error = co_await net::write_all(*client.stream, granted);
  if (error) client.refused(net::to_string(endpoint), error);
  co_return !error;
}

Task<std::optional<Tunnel>> connect(Client& client, Target target) {
  auto dialed = co_await client.service.dialer.dial(target);
  if (!dialed) {
    co_await refuse(client, to_string(target), dialed.error());
    co_return std::nullopt;
  }
  if (!co_await grant(client, dialed->stream->local_endpoint())) {
    dialed->stream->abort();
    co_return std::nullopt;
  }
  co_return Tunnel{std::move(target), std::move(*dialed)};
}

// Two answers: where the peer has to connect to, and then, who has connected.
Task<std::optional<Tunnel>> bind(Client& client, Target target) {
  auto bound = co_await Bound::open(client, target);
  if (!bound) {
    co_await refuse(client, to_string(target), bound.error());
    co_return std::nullopt;
  }
  if (!co_await grant(client, bound->local())) co_return std::nullopt;
  auto accepted = co_await bound->accept(client);
  if (!accepted) {
    co_await refuse(client, to_string(target), accepted.error());
    co_return std::nullopt;
  }
  const auto peer = accepted->stream->remote_endpoint();
  if (!co_await grant(client, peer)) {
    accepted->stream->abort();
    co_return std::nullopt;
  }
  co_return Tunnel{Target{peer.address, peer.port}, std::move(*accepted)};
}

}  // namespace

Task<std::optional<Tunnel>> negotiate_socks4(Client& client) {
  auto request = co_await client.in_time(receive_request(client));
  if (!request) {
    client.refused("SOCKS4", request.error());
    co_return std::nullopt;
  }
  if (const auto error = objection(client, *request)) {
    co_await refuse(client, "SOCKS4", error);
    co_return std::nullopt;
  }
  auto& [command, target, user] = request->message;
  if (command == socks4::Command::bind) co_return co_await bind(client, std::move(target));
  co_return co_await connect(client, std::move(target));
}

}  // namespace dispatch::proxy
