// The kernel's sockets.
#pragma once

#include "engine/net/network.hpp"

#include <optional>

namespace dispatch::os {

struct Loop;

// Egress::source is bound before connecting; its family must be the remote's (else
// address_family_not_supported).
class Network final : public net::Network {
 public:
  explicit Network(Loop& loop) : loop_(loop) {}

  net::Task<net::Result<net::StreamPtr>> connect(const net::Endpoint& remote,
                                                 const net::Egress& egress,
                                                 net::TimePoint deadline) override {
    // Values: the caller's may be gone when the task starts.
    return connect_task(remote, egress, deadline);
  }
  net::Result<net::ListenerPtr> listen(const net::Endpoint& local,
                                       const net::ListenOptions& options) override;
  net::Result<net::ListenerPtr> listen_local(const std::string& path,
                                             const net::LocalListenOptions& options) override;
  net::Result<net::StreamPtr> connect_local(const std::string& path) override;
  net::Result<net::DatagramPtr> open_datagram(const net::DatagramOptions& options) override;
  bool can_bind_to_device() const override;

  Loop& loop() { return loop_; }

 private:
  net::Task<net::Result<net::StreamPtr>> connect_task(net::Endpoint remote, net::Egress egress,
                                                      net::TimePoint deadline);

  Loop& loop_;
  mutable std::optional<bool> can_bind_to_device_;
};

}  // namespace dispatch::os
