#include "engine/proxy/socks_tunnel.hpp"

#include "engine/proxy/bind.hpp"

namespace dispatch::proxy {

using net::Task;

Task<void> refuse(Client& client, const SocksAnswers& answers, std::string what, net::Error why) {
  client.refused(what, why);
  const auto bytes = answers.refused(why);
  if (co_await net::write_all(*client.stream, bytes, client.deadline())) co_return;
  co_await client.finish();
}

Task<bool> grant(Client& client, const SocksAnswers& answers, net::Endpoint endpoint) {
  const auto bytes = answers.granted(endpoint);
  const auto error = co_await net::write_all(*client.stream, bytes, client.deadline());
  if (error) client.refused(net::to_string(endpoint), error);
  co_return !error;
}

Task<std::optional<Tunnel>> socks_connect(Client& client, const SocksAnswers& answers,
                                          Target target) {
  auto dialed = co_await client.dial(target);
  if (!dialed) {
    auto what = to_string(target);
    co_await refuse(client, answers, std::move(what), dialed.error());
    co_return std::nullopt;
  }
  const auto bound = dialed->local();
  const bool granted = co_await grant(client, answers, bound);
  if (!granted) {
    dialed->stream->abort();
    co_return std::nullopt;
  }
  co_return Tunnel{std::move(target), std::move(*dialed)};
}

Task<std::optional<Tunnel>> socks_bind(Client& client, const SocksAnswers& answers, Target target) {
  auto what = to_string(target);
  auto bound = co_await Bound::open(client, std::move(target));
  if (!bound) {
    co_await refuse(client, answers, std::move(what), bound.error());
    co_return std::nullopt;
  }
  const auto local = bound->local();
  const bool listening = co_await grant(client, answers, local);
  if (!listening) co_return std::nullopt;
  auto accepted = co_await bound->accept(client);
  if (!accepted) {
    co_await refuse(client, answers, std::move(what), accepted.error());
    co_return std::nullopt;
  }
  const auto peer = accepted->stream->remote_endpoint();
  const bool connected = co_await grant(client, answers, peer);
  if (!connected) {
    accepted->stream->abort();
    co_return std::nullopt;
  }
  co_return Tunnel{Target{peer.address, peer.port}, std::move(*accepted)};
}

}  // namespace dispatch::proxy
