#include "engine/proxy/target_places.hpp"

#include "engine/proxy/routes.hpp"

namespace dispatch::proxy {

net::Result<TargetPlaces::Place> TargetPlaces::take(const Target& target) {
  Place place;
  const std::scoped_lock lock(mutex_);
  if (most_ == 0) return place;
  auto name = to_string(target);
  for (auto& letter : name) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  auto& count = taken_[name];
  if (count >= most_) return net::Error(RouteError::target_full);
  ++count;
  place.places_ = shared_from_this();
  place.target_ = std::move(name);
  return place;
}

void TargetPlaces::set_most(std::size_t most) {
  const std::scoped_lock lock(mutex_);
  most_ = most;
}

void TargetPlaces::leave(const std::string& target) {
  const std::scoped_lock lock(mutex_);
  const auto found = taken_.find(target);
  if (found != taken_.end() && --found->second == 0) taken_.erase(found);
}

}  // namespace dispatch::proxy
