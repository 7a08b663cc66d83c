// The TCP sockets of a simulated host: who gets which segment, and which ports are free.
#pragma once

#include "engine/net/network.hpp"
#include "sim/host/ip_layer.hpp"
#include "sim/host/kernel.hpp"
#include "sim/host/tcp_listener.hpp"
#include "sim/host/tcp_socket.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>

namespace dispatch::sim {

class TcpLayer {
 public:
  TcpLayer(Kernel& kernel, IpLayer& ip);
  ~TcpLayer();

  net::Task<net::Result<net::StreamPtr>> connect(net::Endpoint remote, net::Egress egress,
                                                 net::TimePoint deadline);
  net::Result<net::ListenerPtr> listen(const net::Endpoint& local,
                                       const net::ListenOptions& options);

  // From the network.
  void receive(const NetworkInterface& from, const Packet& packet);
  void unreachable(const IcmpUnreachable& message);

  // After a thaw: every program looks again.
  void notify_all();
  // Programs are gone; the kernel closes their sockets as the rules of TCP say.
  void kill();
  // All state is lost.
  void forget_all();

  std::size_t size() const { return sockets_.size(); }
  // Of each socket, in the order of their making.
  void visit(const std::function<void(const TcpView&)>& visitor) const;

  Kernel& kernel() { return kernel_; }
  IpLayer& ip() { return ip_; }
  // For sockets and listeners.
  void remove(TcpSocket& socket);
  void remove(TcpListenSocket& listener);

 private:
  // Sockets are found by their tuples, which they hold themselves.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const FourTuple& tuple) const;
    std::size_t operator()(const TcpSocket* socket) const { return (*this)(socket->tuple()); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const TcpSocket* a, const TcpSocket* b) const { return a == b; }
    bool operator()(const TcpSocket* a, const FourTuple& b) const { return a->tuple() == b; }
    bool operator()(const FourTuple& a, const TcpSocket* b) const { return a == b->tuple(); }
  };

  net::Result<std::shared_ptr<TcpSocket>> open(const net::Endpoint& remote,
                                               const net::Egress& egress);
  // What a segment to `remote` may carry, by the path's MTU.
  std::uint16_t mss_to(const net::Address& remote, const NetworkInterface& out) const;
  std::shared_ptr<TcpSocket> make_socket(const FourTuple& tuple, std::string device,
                                         const NetworkInterface& out);
  std::shared_ptr<TcpListenSocket> find_listener(const net::Endpoint& local,
                                                 const NetworkInterface& from) const;
  bool conflicts(const net::Endpoint& local, const net::ListenOptions& options) const;
  net::Result<std::uint16_t> free_port(const net::Address& local, const net::Endpoint* remote);
  bool drops_syn(const TcpListenSocket& listener) const;
  void begin(const NetworkInterface& from, const Packet& packet, const tcp::Segment& syn);
  void answer_reset(const Packet& packet, const tcp::Segment& segment);

  Kernel& kernel_;
  IpLayer& ip_;
  Random& ports_;
  Random& sequences_;
  std::uint64_t next_id_ = 0;
  std::map<std::uint64_t, std::shared_ptr<TcpSocket>> sockets_;  // in the order of their making
  // Only looked up, never walked: its order is the library's.
  std::unordered_set<TcpSocket*, Hash, Equal> by_tuple_;
  std::map<std::uint64_t, std::shared_ptr<TcpListenSocket>> listeners_;
};

}  // namespace dispatch::sim
