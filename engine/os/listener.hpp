// A listening TCP socket.
#pragma once

#include "engine/net/network.hpp"
#include "engine/os/loop.hpp"
#include "engine/os/socket.hpp"

namespace dispatch::os {

class Listener final : public net::Listener {
 public:
  // `socket` listens.
  Listener(Loop& loop, FileDescriptor socket);

  net::Task<net::Result<net::StreamPtr>> accept() override;
  net::Result<net::ListenerPtr> share(net::Network& network) override;
  net::Endpoint local_endpoint() const override { return local_; }
  void close() override { socket_.close(); }

 private:
  Loop& loop_;
  Socket socket_;
  net::Endpoint local_;
  Turn turn_;
};

}  // namespace dispatch::os
