// What the parts of one Runtime share.
#pragma once

#include "engine/net/async.hpp"
#include "engine/os/network_namespace.hpp"
#include "engine/os/pipe_pool.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace dispatch::os {

struct Loop {
  net::asio::io_context& io;
  std::shared_ptr<const NetworkNamespace> network_namespace;  // null: the process's own
  PipePool pipes;
  std::vector<std::byte> scratch_bytes;

  // For data on its way from one system call to the next: what is in it is lost at the next
  // co_await. One for all connections, so that an idle one costs nothing.
  std::span<std::byte> scratch() {
    if (scratch_bytes.empty()) scratch_bytes.resize(128 * 1024);
    return scratch_bytes;
  }

  // Lets the other tasks that are ready go first.
  net::Task<void> yield() { co_await net::asio::post(io.get_executor(), net::asio::use_awaitable); }
};

// An operation that succeeds at once does not return to the event loop. This counts such successes,
// so that a busy stream gives way to the others now and then.
class Turn {
 public:
  // True when it is time to give way.
  bool is_over() { return ++operations_ % kOperations == 0; }
  void waited() { operations_ = 0; }

 private:
  static constexpr std::uint8_t kOperations = 16;
  std::uint8_t operations_ = 0;
};

}  // namespace dispatch::os
