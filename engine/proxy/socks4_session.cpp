// A client that speaks SOCKS4 or SOCKS4a.
#include "engine/proxy/client.hpp"
#include "engine/proxy/socks4.hpp"
#include "engine/proxy/socks_tunnel.hpp"

#include <boost/system/errc.hpp>

namespace dispatch::proxy {
namespace {

using net::Task;
namespace errc = boost::system::errc;

const net::Endpoint kNoIpv4Endpoint{net::any_address(net::Family::v4), 0};

class Socks4Answers : public SocksAnswers {
 public:
  Bytes granted(const net::Endpoint& endpoint) const override {
    return socks4::encode_answer(socks4::Reply::granted, endpoint);
  }
  Bytes refused(const net::Error&) const override {
    return socks4::encode_answer(socks4::Reply::rejected, kNoIpv4Endpoint);
  }
};

// Why the request cannot be served, if so.
net::Error objection(const Client& client, const socks4::DecodedRequest& request) {
  if (request.progress == Progress::invalid) return errc::make_error_code(errc::protocol_error);
  // The protocol has a name, and nothing to prove it with.
  if (!client.service.options.accounts.empty()) {
    return errc::make_error_code(errc::permission_denied);
  }
  return {};
}

}  // namespace

Task<std::optional<Tunnel>> negotiate_socks4(Client& client) {
  const Socks4Answers answers;
  const auto deadline = client.deadline();
  auto request =
      co_await receive_message(*client.stream, client.buffer, socks4::decode_request, deadline);
  if (!request) {
    client.refused("SOCKS4", request.error());
    co_return std::nullopt;
  }
  if (const auto error = objection(client, *request)) {
    std::string what = "SOCKS4";
    co_await refuse(client, answers, std::move(what), error);
    co_return std::nullopt;
  }
  auto& [command, target, user] = request->message;
  client.user = std::move(user);
  if (command == socks4::Command::bind) {
    co_return co_await socks_bind(client, answers, std::move(target));
  }
  co_return co_await socks_connect(client, answers, std::move(target));
}

}  // namespace dispatch::proxy
