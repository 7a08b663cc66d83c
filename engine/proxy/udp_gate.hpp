// Datagrams of an outlet, where its link or the client has a rate.
#pragma once

#include "engine/proxy/shaper.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace dispatch::proxy {

// Nothing waits: a datagram that may not pass now is dropped, as a router with a rate does it.
// Among those who share the rate it has its turn like a connection: a portion, which its next
// datagrams spend.
class UdpGate : public std::enable_shared_from_this<UdpGate> {
 public:
  bool may_send(std::size_t bytes) { return spend(paces_.sent, sent_, bytes); }
  bool may_receive(std::size_t bytes) { return spend(paces_.received, received_, bytes); }

  // As Shaper::bind, where the limits are others than when it was last called.
  void follow(Shaper& shaper, const link::Link& link, const net::Address& client);

 private:
  struct Credit {
    std::size_t bytes = 0;  // that may still pass
    bool waits = false;     // for its turn
  };

  bool spend(net::Pace& pace, Credit& credit, std::size_t bytes);

  Paces paces_;
  Credit sent_;
  Credit received_;
  std::uint64_t limits_ = 0;  // Shaper::version, as of when it was bound
};

}  // namespace dispatch::proxy
