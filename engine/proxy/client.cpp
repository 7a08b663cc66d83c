#include "engine/proxy/client.hpp"

#include <array>

namespace dispatch::proxy {

void Client::refused(const std::string& what, const net::Error& error) {
  ++service.counters.refused;
  runtime().log().info("{} -> {}: {}", net::to_string(peer), what, error.message());
}

net::Task<net::Status> Client::tell(std::string answer) {
  const auto deadline = runtime().clock().now() + service.options.handshake_timeout;
  co_return co_await net::write_all_until(runtime().clock(), deadline, *stream,
                                          std::as_bytes(std::span(answer)));
}

net::Task<void> Client::finish() {
  constexpr net::Duration kLingerTimeout = std::chrono::seconds(2);
  if (stream->shutdown_write()) co_return;
  const auto deadline = runtime().clock().now() + kLingerTimeout;
  std::array<std::byte, 512> ignored;
  // Looked at here too: to who never stops sending, there is always something to read at once.
  while (runtime().clock().now() < deadline) {
    const auto got =
        co_await net::with_deadline(runtime().clock(), deadline, stream->read_some(ignored));
    if (!got || *got == 0) co_return;
  }
}

}  // namespace dispatch::proxy
