// A client that speaks SOCKS5 (RFC 1928, RFC 1929).
#include "engine/proxy/bind.hpp"
#include "engine/proxy/client.hpp"
#include "engine/proxy/socks5.hpp"
#include "engine/proxy/udp_association.hpp"

#include <boost/system/errc.hpp>

namespace dispatch::proxy {
namespace {

using net::Result;
using net::Status;
using net::Task;
using socks5::Method;
using socks5::Reply;
namespace errc = boost::system::errc;

const net::Endpoint kNowhere{net::any_address(net::Family::v4), 0};

Task<void> answer(Client& client, Reply reply, net::Endpoint bound) {
  const auto bytes = socks5::encode_answer(reply, bound);
  if (co_await net::write_all(*client.stream, bytes)) co_return;
  if (reply != Reply::succeeded) co_await client.finish();
}

// RFC 1929. Errors: permission_denied, after the client has been told.
Task<Status> authenticate(Client& client) {
  auto sent = co_await receive_message(*client.stream, client.buffer, socks5::decode_credentials);
  if (!sent) co_return sent.error();
  if (sent->progress == Progress::invalid) co_return errc::make_error_code(errc::protocol_error);
  const auto& [user, password] = sent->message;
  const bool accepted = client.service.options.accounts.accepts(user, password);
  const auto status = socks5::encode_credentials_status(accepted);
  if (const auto error = co_await net::write_all(*client.stream, status)) co_return error;
  if (accepted) co_return Status{};
  co_await client.finish();
  co_return errc::make_error_code(errc::permission_denied);
}

// The greeting: how the client proves who it is.
Task<Status> agree_on_method(Client& client) {
  auto greeting = co_await receive_message(*client.stream, client.buffer, socks5::decode_greeting);
  if (!greeting) co_return greeting.error();
  if (greeting->progress == Progress::invalid) {
    co_return errc::make_error_code(errc::protocol_error);
  }
  const bool open = client.service.options.accounts.empty();
  const auto wanted = open ? Method::none : Method::password;
  const bool acceptable = greeting->message.offers(wanted);
  const auto choice = socks5::encode_method(acceptable ? wanted : Method::unacceptable);
  if (const auto error = co_await net::write_all(*client.stream, choice)) co_return error;
  if (!acceptable) {
    co_await client.finish();
    co_return errc::make_error_code(errc::permission_denied);
  }
  if (open) co_return Status{};
  co_return co_await authenticate(client);
}

// The greeting and the request: what the client wants.
Task<Result<socks5::Request>> handshake(Client& client) {
  if (const auto error = co_await agree_on_method(client)) co_return error;
  auto request = co_await receive_message(*client.stream, client.buffer, socks5::decode_request);
  if (!request) co_return request.error();
  if (request->progress == Progress::invalid) {
    co_await answer(client, request->reply, kNowhere);
    co_return errc::make_error_code(errc::protocol_error);
  }
  co_return std::move(request->message);
}

// Tells why there is no connection.
Task<void> refuse(Client& client, const Target& target, net::Error why) {
  client.refused(to_string(target), why);
  co_await answer(client, socks5::reply_for(why), kNowhere);
}

Task<std::optional<Tunnel>> connect(Client& client, Target target) {
  auto dialed = co_await client.service.dialer.dial(target);
  if (!dialed) {
    co_await refuse(client, target, dialed.error());
    co_return std::nullopt;
  }
  const auto success = socks5::encode_answer(Reply::succeeded, dialed->stream->local_endpoint());
  if (const auto error = co_await net::write_all(*client.stream, success)) {
    client.refused(to_string(target), error);
    dialed->stream->abort();
    co_return std::nullopt;
  }
  co_return Tunnel{std::move(target), std::move(*dialed)};
}

// Two answers: where the peer has to connect to, and then, who has connected.
Task<std::optional<Tunnel>> bind(Client& client, Target target) {
  auto bound = co_await Bound::open(client, target);
  if (!bound) {
    co_await refuse(client, target, bound.error());
    co_return std::nullopt;
  }
  const auto listening = socks5::encode_answer(Reply::succeeded, bound->local());
  if (const auto error = co_await net::write_all(*client.stream, listening)) {
    client.refused(to_string(target), error);
    co_return std::nullopt;
  }
  auto accepted = co_await bound->accept(client);
  if (!accepted) {
    co_await refuse(client, target, accepted.error());
    co_return std::nullopt;
  }
  const auto peer = accepted->stream->remote_endpoint();
  const auto connected = socks5::encode_answer(Reply::succeeded, peer);
  if (const auto error = co_await net::write_all(*client.stream, connected)) {
    client.refused(net::to_string(peer), error);
    accepted->stream->abort();
    co_return std::nullopt;
  }
  co_return Tunnel{Target{peer.address, peer.port}, std::move(*accepted)};
}

// Relays datagrams until the client's connection ends.
Task<void> associate(Client& client, Target said) {
  auto association = UdpAssociation::open(client, said);
  if (!association) {
    co_await refuse(client, said, association.error());
    co_return;
  }
  const auto success = socks5::encode_answer(Reply::succeeded, (*association)->relay());
  if (const auto error = co_await net::write_all(*client.stream, success)) {
    client.refused("UDP", error);
    co_return;
  }
  co_await (*association)->serve();
}

}  // namespace

Task<std::optional<Tunnel>> negotiate_socks5(Client& client) {
  auto request = co_await client.in_time(handshake(client));
  if (!request) {
    client.refused("SOCKS5", request.error());
    co_return std::nullopt;
  }
  if (request->command == socks5::Command::bind) {
    co_return co_await bind(client, std::move(request->target));
  }
  if (request->command == socks5::Command::udp_associate) {
    co_await associate(client, std::move(request->target));
    co_return std::nullopt;
  }
  co_return co_await connect(client, std::move(request->target));
}

}  // namespace dispatch::proxy
