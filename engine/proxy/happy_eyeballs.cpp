#include "engine/proxy/happy_eyeballs.hpp"

#include <algorithm>

namespace dispatch::proxy {

using net::Family;
using net::TimePoint;

void HappyEyeballs::answered(Family family, std::span<const net::Address> addresses,
                             TimePoint now) {
  auto& its = side(family);
  its.expected = false;
  const auto taken = addresses.first(std::min(addresses.size(), options_.addresses_max));
  its.addresses.insert(its.addresses.end(), taken.begin(), taken.end());
  if (family == Family::v4 && !taken.empty() && side(Family::v6).expected) {
    hold_until_ = now + options_.resolution_delay;
  }
}

std::optional<Family> HappyEyeballs::next_family() const {
  const auto preferred = last_ == Family::v6 ? Family::v4 : Family::v6;
  if (!side(preferred).is_empty()) return preferred;
  const auto other = preferred == Family::v6 ? Family::v4 : Family::v6;
  if (!side(other).is_empty()) return other;
  return std::nullopt;
}

TimePoint HappyEyeballs::wake() const {
  const auto family = next_family();
  if (!family || running_ >= options_.attempts_max) return net::kNever;
  const bool held = !last_ && *family == Family::v4 && side(Family::v6).expected;
  return held ? std::max(next_at_, hold_until_) : next_at_;
}

std::optional<net::Address> HappyEyeballs::next(TimePoint now) {
  const auto when = wake();
  if (when == net::kNever || now < when) return std::nullopt;
  last_ = next_family();
  auto& its = side(*last_);
  const auto address = its.addresses[its.begun++];
  ++running_;
  next_at_ = now + options_.attempt_delay;
  return address;
}

void HappyEyeballs::failed(TimePoint now) {
  --running_;
  next_at_ = std::min(next_at_, now);
}

bool HappyEyeballs::nothing_to_come() const {
  return std::all_of(sides_.begin(), sides_.end(),
                     [](const Side& each) { return !each.expected && each.is_empty(); });
}

}  // namespace dispatch::proxy
