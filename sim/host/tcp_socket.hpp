// The kernel's side of a TCP socket.
#pragma once

#include "engine/net/condition.hpp"
#include "engine/net/network.hpp"
#include "sim/core/event.hpp"
#include "sim/host/ip_layer.hpp"
#include "sim/host/kernel.hpp"
#include "sim/host/tcp_observer.hpp"
#include "sim/tcp/connection.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace dispatch::sim {

class TcpLayer;
class TcpListenSocket;

struct FourTuple {
  net::Endpoint local;
  net::Endpoint remote;

  friend bool operator==(const FourTuple&, const FourTuple&) = default;
};

// Programs that wait for something of a socket. Most sockets are idle: it takes no memory until
// somebody waits.
class Waiters {
 public:
  net::Task<net::Status> wait_until(Simulation& simulation, net::Clock& clock,
                                    net::TimePoint deadline) {
    if (!condition_) condition_ = std::make_unique<net::Condition>(simulation.executor());
    return condition_->wait_until(clock, deadline);
  }
  void notify_all() {
    if (condition_) condition_->notify_all();
  }
  void drop_waiters() {
    if (condition_) condition_->drop_waiters();
  }
  void forget() { condition_.reset(); }

 private:
  std::unique_ptr<net::Condition> condition_;
};

// Joins a tcp::Connection to the network, the clock and the program that uses it. The layer holds
// it until the connection has finished, the program's handle until that is gone.
class TcpSocket : public std::enable_shared_from_this<TcpSocket> {
 public:
  // `device` is empty, or the interface that the socket is bound to.
  TcpSocket(TcpLayer& layer, std::uint64_t id, const FourTuple& tuple, std::string device,
            const tcp::Options& options, std::uint32_t initial_sequence);
  TcpSocket(const TcpSocket&) = delete;
  TcpSocket& operator=(const TcpSocket&) = delete;

  std::uint64_t id() const { return id_; }
  const FourTuple& tuple() const { return tuple_; }
  const std::string& device() const { return device_; }
  tcp::Connection& connection() { return connection_; }
  net::TimePoint now() const;
  TcpView view() const;
  net::Clock& clock() const;  // the program's

  // From the network. The socket may be forgotten by the layer, and destroyed, when these return.
  void connect();
  void accept(const Packet& syn, const std::shared_ptr<TcpListenSocket>& listener);
  void receive(const Packet& packet);
  void unreachable(const IcmpUnreachable& message);
  void set_path_mss(std::uint16_t mss);

  // From the program, after each call on the connection: sends, arms the timer, tells who waits.
  void pump();
  // The program has gone: whatever is left to do is the kernel's.
  void release();

  // Whether the program has gone, or its host with all state.
  bool detached() const { return detached_; }
  // The state is lost, and nothing is said on the wire.
  void forget();
  // Destroys the tasks that wait.
  void drop_waiters();
  // Tells who waits to look again.
  void notify();

  // The error that ended the connection, as writers hear it: told once (SO_ERROR), then broken
  // pipe. Readers hear it every time.
  net::Error write_error();
  net::Error read_error();

  // Read, but not used after all: what is read next.
  Slice put_back;

  // Of a program that is slow: when it goes on.
  net::TimePoint reads_at{};
  net::TimePoint writes_at{};
  const Kernel& kernel() const;

  // Until it may be worth another look. Errors: timed_out.
  net::Task<net::Status> wait_readable(net::TimePoint deadline);
  net::Task<net::Status> wait_writable(net::TimePoint deadline);  // connected, too
  // Nobody waits, and hardly anybody will.
  void forget_waiters() { writable_.forget(); }

 private:
  // Tells the observer, where there is one.
  void tell() const;
  void transmit(tcp::Segment&& segment);
  NetworkInterface* egress();
  void leave_half_open();
  void on_timer();
  void arm_timer();

  TcpLayer& layer_;
  std::uint64_t id_;
  FourTuple tuple_;
  std::string device_;
  tcp::Connection connection_;
  Waiters readable_;
  Waiters writable_;
  std::weak_ptr<TcpListenSocket> listener_;
  bool half_open_ = false;       // counted by the listener
  bool to_be_accepted_ = false;  // the listener has not been told yet that this is established
  bool detached_ = false;
  bool error_told_ = false;
  NetworkInterface* egress_ = nullptr;
  std::uint64_t egress_generation_ = UINT64_MAX;
  Event timer_;
};

}  // namespace dispatch::sim
