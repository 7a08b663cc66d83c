#include "engine/proxy/connection_table.hpp"

namespace dispatch::proxy {

net::Task<void> ConnectionTable::reset_idle(net::Runtime& runtime, net::Duration limit) {
  for (;;) {
    if (co_await runtime.clock().sleep_for(limit / 8)) co_return;
    const auto now = runtime.clock().now();
    for (auto& [connection, bytes, active] : rows_) {
      const auto total = connection->sent.total() + connection->received.total();
      if (total != bytes) {
        bytes = total;
        active = now;
      } else if (now - active >= limit) {
        runtime.log().info("{} -> {} through {}: idle, reset", net::to_string(connection->client),
                           to_string(connection->target), connection->link.name());
        connection->client_stream.abort();
        connection->target_stream.abort();
      }
    }
  }
}

}  // namespace dispatch::proxy
