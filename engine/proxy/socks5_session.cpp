// A client that speaks SOCKS5 (RFC 1928, RFC 1929).
#include "engine/proxy/client.hpp"
#include "engine/proxy/session_name.hpp"
#include "engine/proxy/socks5.hpp"
#include "engine/proxy/socks_tunnel.hpp"
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

class Socks5Answers : public SocksAnswers {
 public:
  Bytes granted(const net::Endpoint& endpoint) const override {
    return socks5::encode_answer(Reply::succeeded, endpoint);
  }
  Bytes refused(const net::Error& why) const override {
    return socks5::encode_answer(socks5::reply_for(why), kNowhere);
  }
};

// RFC 1929. Errors: permission_denied, after the client has been told.
Task<Status> authenticate(Client& client, net::TimePoint deadline) {
  auto sent =
      co_await receive_message(*client.stream, client.buffer, socks5::decode_credentials, deadline);
  if (!sent) co_return sent.error();
  if (sent->progress == Progress::invalid) co_return errc::make_error_code(errc::protocol_error);
  const auto& [user, password] = sent->message;
  const auto& accounts = client.service.options.accounts;
  const bool accepted = accepts(accounts, user, password);
  if (accepted) client.user = user;
  const auto status = socks5::encode_credentials_status(accepted);
  if (const auto error = co_await net::write_all(*client.stream, status, deadline)) co_return error;
  if (accepted) co_return Status{};
  co_await client.finish();
  co_return errc::make_error_code(errc::permission_denied);
}

// The greeting: how the client proves who it is.
Task<Status> agree_on_method(Client& client, net::TimePoint deadline) {
  auto greeting =
      co_await receive_message(*client.stream, client.buffer, socks5::decode_greeting, deadline);
  if (!greeting) co_return greeting.error();
  if (greeting->progress == Progress::invalid) {
    co_return errc::make_error_code(errc::protocol_error);
  }
  // Whose name tells which connections belong together may give one, with any password.
  const bool named =
      client.service.links.traits().isolation.user && greeting->message.offers(Method::password);
  const bool open = client.service.options.accounts.empty() && !named;
  const auto wanted = open ? Method::none : Method::password;
  const bool acceptable = greeting->message.offers(wanted);
  const auto choice = socks5::encode_method(acceptable ? wanted : Method::unacceptable);
  if (const auto error = co_await net::write_all(*client.stream, choice, deadline)) co_return error;
  if (!acceptable) {
    co_await client.finish();
    co_return errc::make_error_code(errc::permission_denied);
  }
  if (open) co_return Status{};
  co_return co_await authenticate(client, deadline);
}

// The greeting and the request: what the client wants.
Task<Result<socks5::Request>> handshake(Client& client) {
  const auto deadline = client.deadline();
  if (const auto error = co_await agree_on_method(client, deadline)) co_return error;
  auto request =
      co_await receive_message(*client.stream, client.buffer, socks5::decode_request, deadline);
  if (!request) co_return request.error();
  if (request->progress == Progress::invalid) {
    const auto answer = socks5::encode_answer(request->reply, kNowhere);
    const auto error = co_await net::write_all(*client.stream, answer, deadline);
    if (!error) co_await client.finish();
    co_return errc::make_error_code(errc::protocol_error);
  }
  co_return std::move(request->message);
}

// Relays datagrams until the client's connection ends.
Task<void> associate(Client& client, const SocksAnswers& answers, Target said) {
  auto association = UdpAssociation::open(client, said);
  if (!association) {
    std::string what = "UDP";
    co_await refuse(client, answers, std::move(what), association.error());
    co_return;
  }
  const auto relay = (*association)->relay();
  const bool granted = co_await grant(client, answers, relay);
  if (granted) co_await (*association)->serve();
}

}  // namespace

Task<std::optional<Tunnel>> negotiate_socks5(Client& client) {
  const Socks5Answers answers;
  auto request = co_await handshake(client);
  if (!request) {
    client.refused("SOCKS5", request.error());
    co_return std::nullopt;
  }
  auto& [command, target] = *request;
  if (command == socks5::Command::bind) {
    co_return co_await socks_bind(client, answers, std::move(target));
  }
  if (command == socks5::Command::udp_associate) {
    co_await associate(client, answers, std::move(target));
    co_return std::nullopt;
  }
  co_return co_await socks_connect(client, answers, std::move(target));
}

}  // namespace dispatch::proxy
