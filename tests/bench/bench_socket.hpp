// Sockets of the benchmarks: plain system calls, so that what is measured is not what measures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <netinet/in.h>
#include <string>
#include <utility>

namespace dispatch::bench {

// Says what went wrong, with errno, and ends the program.
[[noreturn]] void fail(const std::string& what);

class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Socket();

  int get() const { return descriptor_; }
  // Whether all went, or came.
  bool send_all(const void* data, std::size_t size) const;
  bool receive_all(void* data, std::size_t size) const;
  void set_nonblocking() const;

 private:
  int descriptor_ = -1;
};

sockaddr_in loopback(std::uint16_t port);
std::uint16_t port_of(const Socket& socket);
std::uint16_t free_port();

Socket listen_on_loopback(std::uint16_t port = 0);
// Without delay (TCP_NODELAY).
Socket connect_to(std::uint16_t port);
// A datagram socket at a port of its own, with room for 4 MiB each way.
Socket datagram_socket();

// Through the SOCKS5 proxy at `proxy`.
Socket connect_by_socks5(std::uint16_t proxy, std::uint16_t target);

// An association of the SOCKS5 proxy: it lives as long as `control`.
struct Association {
  Socket control;
  std::uint16_t port = 0;  // where datagrams go
};
Association associate(std::uint16_t proxy);

}  // namespace dispatch::bench
