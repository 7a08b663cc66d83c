#include "engine/proxy/relay.hpp"

#include "engine/net/task_group.hpp"

#include <boost/asio/this_coro.hpp>

namespace dispatch::proxy {
namespace {

struct Pair {
  net::Stream& client;
  net::Stream& target;

  void abort() {
    client.abort();
    target.abort();
  }
};

net::Task<void> one_way(net::Stream& source, net::Stream& sink, net::ByteCounter& counter,
                        Pair pair, net::RelayEnd& end) {
  end = co_await source.relay_to(sink, counter);
  if (end.error) {
    pair.abort();
  } else if (const auto error = sink.shutdown_write()) {
    // The sink has failed since: the other direction finds out by itself.
    end = {net::RelayEnd::Side::sink, error};
  }
}

}  // namespace

net::Task<RelayReport> relay(net::Stream& client, net::Stream& target, net::ByteCounter& sent,
                             net::ByteCounter& received) {
  namespace this_coro = net::asio::this_coro;
  // Both directions use this frame: when cancelled, wait for them before leaving.
  co_await this_coro::throw_if_cancelled(false);
  const auto executor = co_await this_coro::executor;
  RelayReport report;
  std::exception_ptr failure;
  const Pair pair{client, target};
  net::TaskGroup directions(executor, [&](std::exception_ptr what) { failure = what; });
  directions.spawn(one_way(client, target, sent, pair, report.to_target));
  directions.spawn(one_way(target, client, received, pair, report.to_client));
  if (co_await directions.idle()) {
    client.abort();
    target.abort();
    directions.cancel();
    co_await this_coro::reset_cancellation_state(net::asio::disable_cancellation());
    co_await directions.idle();
  }
  if (failure) std::rethrow_exception(failure);
  co_return report;
}

}  // namespace dispatch::proxy
