#include "tests/bench/bench_socket.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <unistd.h>

namespace dispatch::bench {
namespace {

constexpr int kDatagramBuffer = 4 * 1024 * 1024;

using Octet = unsigned char;

// The port that the answer to a SOCKS5 request names.
std::uint16_t ask(const Socket& socket, Octet command, std::uint16_t port) {
  const std::array<Octet, 3> greeting{5, 1, 0};
  std::array<Octet, 2> method{};
  const std::array<Octet, 10> request{
      5, command, 0, 1, 127, 0, 0, 1, static_cast<Octet>(port >> 8), static_cast<Octet>(port)};
  std::array<Octet, 10> answer{};
  if (!socket.send_all(greeting.data(), greeting.size()) ||
      !socket.receive_all(method.data(), method.size()) ||
      !socket.send_all(request.data(), request.size()) ||
      !socket.receive_all(answer.data(), answer.size()) || answer[1] != 0) {
    fail("SOCKS5 handshake");
  }
  return static_cast<std::uint16_t>(answer[8] << 8 | answer[9]);
}

}  // namespace

void fail(const std::string& what) {
  std::fprintf(stderr, "bench: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

Socket::~Socket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool Socket::send_all(const void* data, std::size_t size) const {
  const auto* next = static_cast<const char*>(data);
  while (size != 0) {
    const auto sent = ::send(descriptor_, next, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    next += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

bool Socket::receive_all(void* data, std::size_t size) const {
  return ::recv(descriptor_, data, size, MSG_WAITALL) == static_cast<ssize_t>(size);
}

void Socket::set_nonblocking() const {
  ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) | O_NONBLOCK);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::uint16_t port_of(const Socket& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    fail("getsockname");
  }
  return ntohs(address.sin_port);
}

std::uint16_t free_port() {
  return port_of(listen_on_loopback());
}

Socket listen_on_loopback(std::uint16_t port) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto address = loopback(port);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.get(), 4096) != 0) {
    fail("listen");
  }
  return socket;
}

Socket connect_to(std::uint16_t port) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto address = loopback(port);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("connect to port " + std::to_string(port));
  }
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

Socket datagram_socket() {
  Socket socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto address = loopback(0);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("datagram socket");
  }
  for (const int option : {SO_RCVBUFFORCE, SO_SNDBUFFORCE, SO_RCVBUF, SO_SNDBUF}) {
    ::setsockopt(socket.get(), SOL_SOCKET, option, &kDatagramBuffer, sizeof kDatagramBuffer);
  }
  return socket;
}

Socket connect_by_socks5(std::uint16_t proxy, std::uint16_t target) {
  auto socket = connect_to(proxy);
  ask(socket, 1, target);
  return socket;
}

Association associate(std::uint16_t proxy) {
  Association association{connect_to(proxy)};
  association.port = ask(association.control, 3, 0);
  return association;
}

}  // namespace dispatch::bench
