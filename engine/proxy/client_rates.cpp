#include "engine/proxy/client_rates.hpp"

namespace dispatch::proxy {

void ClientRates::set(const link::RateLimits& limits, net::TimePoint now) {
  const std::scoped_lock lock(mutex_);
  if (limits == limits_) return;
  limits_ = limits;
  for (const auto& [address, kept] : clients_) {
    const auto buckets = kept.lock();
    if (!buckets) continue;
    buckets->down.set(limits.down, now);
    buckets->up.set(limits.up, now);
  }
}

std::shared_ptr<ClientRates::Buckets> ClientRates::of(const net::Address& client) {
  const std::scoped_lock lock(mutex_);
  if (!limits_.any()) return nullptr;
  if (clients_.size() >= sweep_at_) sweep();
  auto& kept = clients_[net::unmapped(client)];
  auto buckets = kept.lock();
  if (buckets) return buckets;
  buckets = std::make_shared<Buckets>();
  buckets->down.set(limits_.down, {});
  buckets->up.set(limits_.up, {});
  kept = buckets;
  return buckets;
}

// Now and then, so that clients who have gone cost no more than those who are there.
void ClientRates::sweep() {
  std::erase_if(clients_, [](const auto& each) { return each.second.expired(); });
  sweep_at_ = 2 * clients_.size() + 64;
}

}  // namespace dispatch::proxy
