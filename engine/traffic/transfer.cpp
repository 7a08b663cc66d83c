#include "engine/traffic/transfer.hpp"

#include "engine/net/deadline.hpp"
#include "engine/traffic/exchange.hpp"
#include "engine/traffic/http_message.hpp"
#include "engine/traffic/reach.hpp"

#include <fmt/format.h>

#include <utility>

namespace dispatch::traffic {
namespace {

using net::Task;

Task<void> reach_and_exchange(net::Runtime& runtime, const TransferOptions& options,
                              TransferResult& result) {
  auto stream = co_await reach_origin(runtime, options, result.failure);
  if (!stream) {
    result.error = stream.error();
    co_return;
  }
  result.connected = runtime.clock().now();
  HttpConnection http(**stream, runtime.executor());
  Exchange exchange(runtime, **stream, options, result);
  co_await exchange.run(http);
}

}  // namespace

void tell_time_limit(TransferResult& result) {
  if (!net::is_cancelled(result.error)) return;
  result.error = net::asio::error::timed_out;
  result.failure = result.connected
                       ? fmt::format("no end within the time limit, at {} bytes", result.bytes)
                       : "the origin was not reached within the time limit";
}

Task<TransferResult> transfer(net::Runtime& runtime, TransferOptions options) {
  TransferResult result;
  result.started = runtime.clock().now();
  // Whatever cuts it short, what happened until then is kept.
  result.error = net::asio::error::operation_aborted;
  const auto ended = co_await net::run_until(runtime.clock(), options.deadline,
                                             reach_and_exchange(runtime, options, result));
  if (ended == net::Ended::at_deadline) tell_time_limit(result);
  result.ended = runtime.clock().now();
  co_return result;
}

}  // namespace dispatch::traffic
