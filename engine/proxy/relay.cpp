#include "engine/proxy/relay.hpp"

#include "engine/net/condition.hpp"

#include <boost/asio/this_coro.hpp>

#include <optional>

namespace dispatch::proxy {

net::Task<RelayReport> relay(net::Stream& client, net::Stream& target, net::ByteCounter& sent,
                             net::ByteCounter& received) {
  namespace this_coro = net::asio::this_coro;
  // The relay uses this frame: when cancelled, wait for it before leaving.
  co_await this_coro::throw_if_cancelled(false);
  const auto executor = co_await this_coro::executor;
  std::optional<net::DuplexEnd> end;
  net::Condition ended(executor);
  client.relay_both_ways(target, sent, received, executor, [&](net::DuplexEnd both) {
    end = both;
    ended.notify_all();
  });
  while (!end) {
    if (co_await ended.wait()) {
      client.abort();
      target.abort();
      co_await this_coro::reset_cancellation_state(net::asio::disable_cancellation());
    }
  }
  co_return RelayReport{end->sent, end->received};
}

}  // namespace dispatch::proxy
