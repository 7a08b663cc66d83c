// Unix-domain stream sockets within a simulated host: bytes are there at once.
#pragma once

#include "engine/net/clock.hpp"
#include "engine/net/network.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <map>
#include <memory>
#include <string>

namespace dispatch::sim {

class LocalListenQueue;

// All of a host's, by path.
class LocalSockets {
 public:
  LocalSockets(net::asio::any_io_executor executor, net::Clock& clock)
      : executor_(std::move(executor)), clock_(clock) {}

  net::Result<net::ListenerPtr> listen(const std::string& path,
                                       const net::LocalListenOptions& options);
  net::Result<net::StreamPtr> connect(const std::string& path);

 private:
  net::asio::any_io_executor executor_;
  net::Clock& clock_;
  std::map<std::string, std::weak_ptr<LocalListenQueue>> listening_;
};

}  // namespace dispatch::sim
