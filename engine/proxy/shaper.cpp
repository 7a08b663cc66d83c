#include "engine/proxy/shaper.hpp"

#include <utility>
#include <vector>

namespace dispatch::proxy {

void Shaper::bind(Paces& paces, const link::Link& link, const net::Address& client) {
  const auto its = clients_->of(client);
  const auto bucket_of = [&](net::TokenBucket ClientRates::Buckets::*which) {
    return its ? std::shared_ptr<net::TokenBucket>(its, &((*its).*which)) : nullptr;
  };
  net::bind(paces.sent, pacer_of(link.up()), pacer_of(bucket_of(&ClientRates::Buckets::up)));
  net::bind(paces.received, pacer_of(link.down()),
            pacer_of(bucket_of(&ClientRates::Buckets::down)));
}

std::shared_ptr<net::Pacer> Shaper::pacer_of(std::shared_ptr<net::TokenBucket> bucket) {
  if (!bucket || !bucket->is_limited()) return nullptr;
  const auto* key = bucket.get();
  auto& kept = pacers_[key];
  auto pacer = kept.lock();
  if (pacer) return pacer;
  pacer = std::make_shared<net::Pacer>(runtime_.clock(), runtime_.executor(), std::move(bucket),
                                       [this, key] { pacers_.erase(key); });
  kept = pacer;
  return pacer;
}

// Who is called may end what keeps a pacer, and so the list changes meanwhile.
void Shaper::limits_changed() {
  ++version_;
  std::vector<std::shared_ptr<net::Pacer>> all;
  for (const auto& [bucket, kept] : pacers_) all.push_back(kept.lock());
  for (const auto& pacer : all) {
    if (pacer) pacer->limit_changed();
  }
}

}  // namespace dispatch::proxy
