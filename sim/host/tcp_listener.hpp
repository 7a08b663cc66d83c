// A listening TCP socket.
#pragma once

#include "engine/net/condition.hpp"
#include "engine/net/network.hpp"

#include <cstdint>
#include <deque>
#include <memory>

namespace dispatch::sim {

class TcpLayer;
class TcpSocket;

// The kernel's side.
class TcpListenSocket : public std::enable_shared_from_this<TcpListenSocket> {
 public:
  TcpListenSocket(TcpLayer& layer, std::uint64_t id, net::Endpoint local,
                  net::ListenOptions options);

  std::uint64_t id() const { return id_; }
  const net::Endpoint& local() const { return local_; }
  const net::ListenOptions& options() const { return options_; }
  // Linux drops the SYN, and the last segment of the handshake, while more than `backlog`
  // connections wait to be accepted.
  bool full() const;
  // Handshakes that have begun and wait for their last segment. As many as `backlog` are remembered
  // (Linux: inet_csk_reqsk_queue_is_full), the rest by cookies.
  int half_open = 0;
  bool remembers_no_more() const { return half_open >= options_.backlog; }

  // A connection has been established.
  void established(std::shared_ptr<TcpSocket> socket);
  // The next one, or null.
  std::shared_ptr<TcpSocket> take();

  bool closed() const { return closed_; }
  // Connections that wait are reset.
  void close();
  // The state is lost, and nothing is said on the wire.
  void forget();
  void notify();

  net::Condition acceptable;

 private:
  TcpLayer& layer_;
  std::uint64_t id_;
  net::Endpoint local_;
  net::ListenOptions options_;
  bool closed_ = false;
  std::deque<std::shared_ptr<TcpSocket>> waiting_;
};

// The program's side.
class TcpListener : public net::Listener {
 public:
  explicit TcpListener(std::shared_ptr<TcpListenSocket> socket);
  ~TcpListener() override { close(); }

  net::Task<net::Result<net::StreamPtr>> accept() override;
  net::Result<net::ListenerPtr> share(net::Network& network) override;
  net::Endpoint local_endpoint() const override { return shared_->socket->local(); }
  void close() override;

 private:
  // The socket is closed with the last of the listeners that share it.
  struct Shared {
    std::shared_ptr<TcpListenSocket> socket;
    int open = 0;
  };

  explicit TcpListener(std::shared_ptr<Shared> shared);

  std::shared_ptr<Shared> shared_;
  std::shared_ptr<bool> closed_ = std::make_shared<bool>(false);
};

}  // namespace dispatch::sim
