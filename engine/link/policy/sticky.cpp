#include "engine/link/policy/sticky.hpp"

#include "engine/link/policy/hash.hpp"
#include "engine/link/policy/least_of.hpp"

#include <cmath>

namespace dispatch::link {
namespace {

double score(std::uint64_t key, const Link& link) {
  const auto hash = mixed(key ^ hash_of(link.name()));
  // The upper 53 bits, which a double holds exactly, and never 0 or 1.
  const double uniform = (static_cast<double>(hash >> 11) + 0.5) / 9007199254740992.0;
  return -std::log(uniform) / link.weight();
}

}  // namespace

Link& Sticky::choose(const Occasion& occasion) {
  if (occasion.key.hash == 0) return turns_.choose(occasion);
  const auto key = key_of(occasion);
  const auto by_score = [key](const Link& link) { return score(key, link); };
  return *those_with_least(occasion.candidates, by_score).front();
}

std::uint64_t Sticky::key_of(const Occasion& occasion) {
  const auto& [hash, its_lifetime] = occasion.key;
  const auto lifetime = its_lifetime != net::Duration::zero() ? its_lifetime : options_.lifetime;
  if (lifetime == net::Duration::zero()) return hash;
  const auto [seen, is_new] = first_seen_.emplace(hash, occasion.now);
  const auto first = seen->second;
  if (is_new) {
    in_order_.push_back(hash);
    if (in_order_.size() > kKeysMax) {
      first_seen_.erase(in_order_.front());
      in_order_.pop_front();
    }
  }
  // Event loops read their clocks apart: one may be a moment behind.
  const auto age = std::max(occasion.now - first, net::Duration::zero());
  const auto generation = static_cast<std::uint64_t>(age / lifetime);
  return generation == 0 ? hash : mixed(hash + generation);
}

}  // namespace dispatch::link
