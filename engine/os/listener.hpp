// A listening stream socket: TCP or Unix-domain.
#pragma once

#include "engine/net/network.hpp"
#include "engine/os/loop.hpp"
#include "engine/os/socket.hpp"

#include <memory>

namespace dispatch::os {

class SocketFile;

class Listener final : public net::Listener {
 public:
  // `socket` listens. `file`, of a Unix-domain socket, goes when the last one that shares it is
  // closed.
  Listener(Loop& loop, FileDescriptor socket, std::shared_ptr<const SocketFile> file = nullptr);

  net::Task<net::Result<net::StreamPtr>> accept() override;
  net::Result<net::ListenerPtr> share(net::Network& network) override;
  net::Endpoint local_endpoint() const override { return local_; }
  void close() override;

 private:
  Loop& loop_;
  Socket socket_;
  net::Endpoint local_;
  std::shared_ptr<const SocketFile> file_;
  Turn turn_;
};

}  // namespace dispatch::os
