// Holds connections and datagrams back where their link or their client has a rate.
#pragma once

#include "engine/link/link.hpp"
#include "engine/net/pace.hpp"
#include "engine/net/runtime.hpp"
#include "engine/proxy/client_rates.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

namespace dispatch::proxy {

// Both directions of something that is held back.
struct Paces {
  net::Pace sent;      // towards the target
  net::Pace received;  // from it
};

// Of one event loop. Outlives the paces that it has bound.
class Shaper {
 public:
  Shaper(net::Runtime& runtime, std::shared_ptr<ClientRates> clients)
      : runtime_(runtime), clients_(std::move(clients)) {}
  Shaper(const Shaper&) = delete;
  Shaper& operator=(const Shaper&) = delete;

  // By the limits as they are now; to be called again when they have changed. Where there is none
  // the paces are free.
  void bind(Paces& paces, const link::Link& link, const net::Address& client);

  // Those who wait hear of other rates.
  void limits_changed();
  // Another one each time; never 0.
  std::uint64_t version() const { return version_; }

  ClientRates& clients() { return *clients_; }
  const std::shared_ptr<ClientRates>& shared_clients() const { return clients_; }

 private:
  std::shared_ptr<net::Pacer> pacer_of(std::shared_ptr<net::TokenBucket> bucket);

  net::Runtime& runtime_;
  std::shared_ptr<ClientRates> clients_;
  std::uint64_t version_ = 1;
  std::map<const net::TokenBucket*, std::weak_ptr<net::Pacer>> pacers_;
};

}  // namespace dispatch::proxy
