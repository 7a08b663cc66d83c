// A non-blocking socket on the event loop: opened, waited for, closed.
#pragma once

#include "engine/net/async.hpp"
#include "engine/net/callback.hpp"
#include "engine/net/network.hpp"
#include "engine/os/file_descriptor.hpp"
#include "engine/os/reactor.hpp"
#include "engine/os/timer_queue.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace dispatch::os {

class EventLoop;
class SocketWait;
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

// A descriptor that the reactor watches. Who uses it tries first, and waits where that would block:
//
//     while ((got = ::recv(socket.get(), ...)) < 0 && errno == EAGAIN) {
//       socket.would_block(Socket::For::reading);
//       if (const auto error = co_await socket.wait(Socket::For::reading)) co_return error;
//     }
//
// At most one wait for each direction at a time.
class Socket {
 public:
  enum class For : std::uint8_t { reading, writing };
  // Called from the loop, never from within.
  using Ready = net::Callback<const net::Error&>;

  // A socket that is to be connected is given over once connect(2) has been called: before, it
  // would be reported as hung up. `first` is what is likely to be waited for first. What the kernel
  // refuses to watch fails every wait.
  Socket(EventLoop& loop, FileDescriptor descriptor, For first = For::reading);
  Socket(Loop& loop, FileDescriptor descriptor, For first = For::reading);
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { close(); }

  int get() const { return descriptor_.get(); }
  bool is_open() const { return static_cast<bool>(descriptor_); }
  // Outstanding waits end with operation_aborted.
  void close();
  // The same, but that the descriptor stays open.
  FileDescriptor release();

  // An operation found nothing to do. Without this the next wait ends at once, once something has
  // been heard of the socket.
  void would_block(For what) { sides_[index(what)].known = Known::blocked; }
  // A read got less than it could take: the next one would block, in all likelihood.
  void is_drained() {
    if (!ended_ && !urgent_) would_block(For::reading);
  }
  // Whether it may be that the connection has failed. If not, it has not, up to the last wait.
  bool may_have_failed() const { return failed_ || ended_; }
  // Whether an attempt would be in vain.
  bool is_known_to_block(For what) const { return sides_[index(what)].known == Known::blocked; }

  // Ends when the kernel has said that the operation would not block; that may be wrong by now, so
  // the caller tries and waits again. To be awaited at once. Errors: operation_aborted; timed_out,
  // at `deadline`.
  SocketWait wait(For what, net::TimePoint deadline = net::kNever);
  void async_wait(For what, Ready ready);
  // Ends the outstanding wait, if there is one, with operation_aborted.
  void cancel_wait(For what);

 private:
  friend class Reactor;
  friend class SocketWait;
  enum class Known : std::uint8_t { nothing, ready, blocked };
  struct Side {
    Ready waiting;            // empty: nobody waits
    std::uint32_t waits = 0;  // so far: tells one wait from the next
    Known known = Known::nothing;
  };
  static std::size_t index(For what) { return static_cast<std::size_t>(what); }

  // Of the reactor. The first may destroy this.
  void is_ready(For what);
  void has_ended() { ended_ = true; }
  void has_failed() { failed_ = true; }
  void has_urgent_data() { urgent_ = true; }
  void drop_waits();

  Ready take(Side& side);
  static void cancel(Reactor& reactor, Reactor::Id id, For what, std::uint32_t wait);
  Reactor& reactor();

  EventLoop& loop_;
  FileDescriptor descriptor_;
  std::optional<Reactor::Id> id_;  // none: the kernel has refused to watch it
  net::Error refused_;             // what we asked to be told
  std::array<Side, 2> sides_;
  // Nothing more comes after what there is: reads never block again.
  bool ended_ = false;
  // There has been an error, which is not always the end (an ICMP message).
  bool failed_ = false;
  // recv(2) stops at urgent data, although there is more.
  bool urgent_ = false;
  bool told_of_room_ = false;  // or the kernel has not been asked to
};

// What is awaited of Socket::wait. It lives in the frame of the task that waits: a task of its own,
// as every other operation is one, would cost a wait more than the system call that it spares.
class SocketWait {
 public:
  // Not a bare Status: Asio would turn an error_code argument into an exception.
  struct Outcome : net::Status {
    explicit Outcome(const net::Status& status) : net::Status(status) {}
  };

  SocketWait(Socket& socket, Socket::For what, net::TimePoint deadline)
      : socket_(socket), what_(what), deadline_(deadline) {}

  template <net::asio::completion_token_for<void(Outcome)> Token>
  auto operator()(Token&& token) {
    return net::asio::async_initiate<Token, void(Outcome)>(
        [this](auto handler) { this->begin(std::move(handler)); }, token);
  }

 private:
  template <typename Handler>
  void begin(Handler handler) {
    auto slot = net::asio::get_associated_cancellation_slot(handler);
    socket_.async_wait(what_,
                       [this, handler = std::move(handler)](const net::Error& error) mutable {
                         expiry_.reset();
                         std::move(handler)(Outcome(error));
                       });
    auto& side = socket_.sides_[Socket::index(what_)];
    if (!side.waiting) return;
    expire_at_deadline();
    if (!slot.is_connected()) return;
    // Left where it is when the wait ends: it finds that the wait is over.
    slot.assign([&reactor = socket_.reactor(), id = *socket_.id_, what = what_, wait = side.waits](
                    net::asio::cancellation_type) { Socket::cancel(reactor, id, what, wait); });
  }
  void expire_at_deadline();

  Socket& socket_;
  Socket::For what_;
  net::TimePoint deadline_;
  std::optional<TimerQueue::Entry> expiry_;
};

inline SocketWait Socket::wait(For what, net::TimePoint deadline) {
  return {*this, what, deadline};
}

}  // namespace dispatch::os
