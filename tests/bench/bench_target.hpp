// What the proxies connect to: one thread with one epoll, so that it serves all connections alike.
#pragma once

#include "tests/bench/bench_socket.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace dispatch::bench {

// The first byte of a connection says what it is for.
enum class Work : char {
  download = 'd',  // bytes without end
  upload = 'u',    // takes all, and counts it
  echo = 'e',      // sends back what comes
};

class Target {
 public:
  Target();
  std::uint16_t port() const { return port_; }

  // How much of each upload has come so far, in the order of their beginnings; of those that began
  // since the last forget_uploads().
  std::vector<std::uint64_t> uploads() const;
  void forget_uploads();

 private:
  struct Connection;
  using Count = std::shared_ptr<std::atomic<std::uint64_t>>;

  [[noreturn]] void serve();
  void accept(int epoll);
  bool take_part(Connection& connection, unsigned events);
  bool begin(Connection& connection, int epoll);

  Socket listener_;
  std::uint16_t port_;
  mutable std::mutex guard_;
  std::vector<Count> uploads_;
};

}  // namespace dispatch::bench
