#include "engine/traffic/conversation.hpp"

#include "engine/net/deadline.hpp"
#include "engine/traffic/exchange.hpp"
#include "engine/traffic/reach.hpp"

#include <utility>

namespace dispatch::traffic {

using net::Task;

Conversation::Conversation(net::Runtime& runtime, TransferOptions options)
    : runtime_(runtime), options_(std::move(options)) {
  options_.keep_open = true;
}

Conversation::~Conversation() = default;

void Conversation::close() {
  http_.reset();
  stream_.reset();
}

Task<void> Conversation::work(TransferResult& result) {
  if (!is_open()) {
    auto stream = co_await reach_origin(runtime_, options_, result.failure);
    if (!stream) {
      result.error = stream.error();
      co_return;
    }
    stream_ = std::move(*stream);
    http_ = std::make_unique<HttpConnection>(*stream_, runtime_.executor());
    result.connected = runtime_.clock().now();
  }
  Exchange exchange(runtime_, *stream_, options_, result);
  co_await exchange.run(*http_);
}

Task<TransferResult> Conversation::exchange(std::uint64_t download_bytes, net::TimePoint deadline) {
  TransferResult result;
  result.started = runtime_.clock().now();
  result.error = net::asio::error::operation_aborted;
  options_.download_bytes = download_bytes;
  if (is_open()) result.connected = result.started;
  const auto ended = co_await net::run_until(runtime_.clock(), deadline, work(result));
  if (ended == net::Ended::at_deadline) tell_time_limit(result);
  if (result.error) close();
  result.ended = runtime_.clock().now();
  co_return result;
}

}  // namespace dispatch::traffic
