// Word of changes from rtnetlink(7).
#include "engine/os/interfaces.hpp"
#include "engine/os/loop.hpp"
#include "engine/os/socket.hpp"

#include <array>
#include <cerrno>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <utility>

namespace dispatch::os {
namespace {

class InterfaceWatch final : public net::InterfaceWatch {
 public:
  InterfaceWatch(Loop& loop, FileDescriptor socket) : socket_(loop, std::move(socket)) {}

  net::Task<net::Status> changed() override {
    for (;;) {
      const int error = take_all();
      if (error == 0) co_return net::Status{};
      if (error != EAGAIN) co_return net::errno_error(error);
      socket_.would_block(Socket::For::reading);
      if (const auto stopped = co_await socket_.wait(Socket::For::reading)) co_return stopped;
    }
  }

 private:
  // 0: there were messages. EAGAIN: there were none.
  int take_all() {
    bool any = false;
    for (;;) {
      // Only that there is one matters, not what it says: the rest of it is dropped by the kernel.
      std::array<std::byte, 16> head;
      if (::recv(socket_.get(), head.data(), head.size(), MSG_DONTWAIT) >= 0) {
        any = true;
      } else if (errno == ENOBUFS) {
        any = true;  // so much has changed that the kernel lost count
      } else if (errno == EAGAIN) {
        return any ? 0 : EAGAIN;
      } else if (errno != EINTR) {
        return errno;
      }
    }
  }

  Socket socket_;
};

}  // namespace

net::Result<std::unique_ptr<net::InterfaceWatch>> Interfaces::watch() {
  const NetworkNamespace::Visit visit(loop_.network_namespace.get());
  FileDescriptor socket(
      ::socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket) return last_error();
  sockaddr_nl groups{};
  groups.nl_family = AF_NETLINK;
  groups.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&groups), sizeof groups) != 0) {
    return last_error();
  }
  return std::unique_ptr<net::InterfaceWatch>(
      std::make_unique<InterfaceWatch>(loop_, std::move(socket)));
}

}  // namespace dispatch::os
