// How fast each client may go: all its connections and datagrams together.
#pragma once

#include "engine/link/limits.hpp"
#include "engine/net/address.hpp"

#include <map>
#include <memory>
#include <mutex>

namespace dispatch::proxy {

// Shared by the event loops of a server, and thread-safe: asked when a connection begins, and not
// at all where there is no limit.
class ClientRates {
 public:
  struct Buckets {
    net::TokenBucket down;
    net::TokenBucket up;
  };

  explicit ClientRates(const link::RateLimits& limits) : limits_(limits) {}

  // For all clients, those that are there too: who keeps their buckets asks again.
  void set(const link::RateLimits& limits, net::TimePoint now);

  // Of the client at this address; null: there is no limit. They are the same for as long as
  // somebody keeps them. Those without an address (of Unix sockets) are one client.
  std::shared_ptr<Buckets> of(const net::Address& client);

 private:
  void sweep();

  std::mutex mutex_;  // guards what follows
  link::RateLimits limits_;
  std::map<net::Address, std::weak_ptr<Buckets>> clients_;
  std::size_t sweep_at_ = 64;
};

}  // namespace dispatch::proxy
