// What the parts of one Runtime share.
#pragma once

#include "engine/net/async.hpp"
#include "engine/os/event_loop.hpp"
#include "engine/os/network_namespace.hpp"
#include "engine/os/pipe_pool.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace dispatch::os {

struct Loop {
  EventLoop& events;
  std::shared_ptr<const NetworkNamespace> network_namespace;  // null: the process's own
  PipePool pipes;
  std::vector<std::byte> scratch_bytes;
  bool free_bind = false;  // as RuntimeOptions has it

  // For data on its way from one system call to the next: what is in it is lost at the next
  // co_await. One for all connections, so that an idle one costs nothing.
  std::span<std::byte> scratch() {
    if (scratch_bytes.empty()) scratch_bytes.resize(128 * 1024);
    return scratch_bytes;
  }
};

// An operation that succeeds at once does not return to the event loop. This counts what it moves,
// so that a busy socket gives way to the others now and then.
class Turn {
 public:
  // True when it is time to give way; then a new turn begins.
  bool is_over() {
    if (left_ > 0) return false;
    left_ = kBytes;
    return true;
  }
  void moved(std::size_t bytes) {
    left_ -= static_cast<std::int32_t>(std::min(bytes, kMost) + kOperationBytes);
  }
  void waited() { left_ = kBytes; }

 private:
  static constexpr std::int32_t kBytes = 256 * 1024;
  static constexpr std::size_t kMost = 1024 * 1024 * 1024;
  static constexpr std::size_t kOperationBytes = 4096;  // what a system call costs besides

  std::int32_t left_ = kBytes;
};

}  // namespace dispatch::os
