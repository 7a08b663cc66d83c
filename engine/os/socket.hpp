// A non-blocking socket on the event loop: opened, waited for, closed.
#pragma once

#include "engine/net/async.hpp"
#include "engine/net/network.hpp"
#include "engine/os/file_descriptor.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <utility>

namespace dispatch::os {

struct Loop;

// Errno as the kernel gave it.
net::Error last_error();

// The end of an operation whose object was closed under it.
inline net::Error cancelled() {
  return net::asio::error::operation_aborted;
}

// Options that must be set before the socket is bound or connected.
bool set_option(int socket, int level, int name, int value);

// A non-blocking socket in the loop's network namespace. Type: SOCK_STREAM or SOCK_DGRAM. An IPv6
// socket is IPv6 only.
net::Result<FileDescriptor> open_socket(const Loop& loop, net::Family family, int type);

// Of a connection, or of a listening socket for those that it accepts. Whole seconds, rounded up.
void set_keep_alive(int socket, const net::KeepAlive& options);

// Binds to the egress: its device, then its source with a port chosen by the kernel when it
// connects (for TCP that lets one port serve many destinations). Errors: address_not_available,
// no_such_device, operation_not_permitted, address_family_not_supported.
net::Status bind_to_egress(int socket, net::Family family, const net::Egress& egress);

// Of the platform (device_*.cpp).
net::Status bind_to_device(int socket, const std::string& device);
void let_connect_choose_the_port(int socket);

// A descriptor that the reactor watches. Destroying or closing it ends outstanding waits with
// operation_aborted.
class Socket {
 public:
  enum class For { reading, writing };

  Socket(Loop& loop, FileDescriptor descriptor);

  int get() { return descriptor_.native_handle(); }
  bool is_open() const { return descriptor_.is_open(); }
  void close();

  // Ends when the kernel says that the operation would not block; that may be wrong, so the caller
  // tries and waits again. Errors: operation_aborted.
  net::Task<net::Status> wait(For what);
  // The same, for who is no task: calls `ready` with the error, from the loop.
  template <typename Handler>
  void async_wait(For what, Handler ready) {
    descriptor_.async_wait(wait_type(what), std::move(ready));
  }

 private:
  using Descriptor = net::asio::posix::descriptor_base;
  static Descriptor::wait_type wait_type(For what) {
    return what == For::reading ? Descriptor::wait_read : Descriptor::wait_write;
  }

  net::asio::posix::basic_stream_descriptor<net::asio::io_context::executor_type> descriptor_;
};

}  // namespace dispatch::os
