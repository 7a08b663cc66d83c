// A client that speaks SOCKS4 or SOCKS4a.
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
  if (request.message.command != socks4::Command::connect) {
    return errc::make_error_code(errc::operation_not_supported);
  }
  return {};
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
  auto& target = request->message.target;
  auto dialed = co_await client.service.dialer.dial(target);
  if (!dialed) {
    co_await refuse(client, to_string(target), dialed.error());
    co_return std::nullopt;
  }
  const auto granted = socks4::encode_answer(Reply::granted, dialed->stream->local_endpoint());
  if (const auto error = co_await net::write_all(*client.stream, granted)) {
    client.refused(to_string(target), error);
    dialed->stream->abort();
    co_return std::nullopt;
  }
  co_return Tunnel{std::move(target), std::move(*dialed)};
}

}  // namespace dispatch::proxy
