#include "engine/proxy/first_flight.hpp"

#include "engine/proxy/repeatable.hpp"

#include <utility>

namespace dispatch::proxy {

std::unique_ptr<FirstFlight> FirstFlight::of(Caller caller, const Dialed& dialed,
                                             std::span<const std::byte> early) {
  const auto& links = caller.service.links;
  if (!dialed.was_dispatched || !is_worth_another_link(links, dialed.use.link(), DialWish())) {
    return nullptr;
  }
  auto flight = std::unique_ptr<FirstFlight>(new FirstFlight(std::move(caller)));
  const bool goes_on = early.empty() || flight->say(early);
  return goes_on ? std::move(flight) : nullptr;
}

bool FirstFlight::say(std::span<const std::byte> more) {
  if (said_.size() + more.size() > kFirstFlightMax) return false;
  said_.insert(said_.end(), more.begin(), more.end());
  return may_be_said_twice(said_);
}

bool FirstFlight::may_leave(const link::Link& link) const {
  return is_worth_another_link(caller_.service.links, link, wish_);
}

void FirstFlight::leave(link::Link& link, const net::Error& why) {
  left_for_ = why;
  wish_.without.push_back(&link);
}

void FirstFlight::is_answered(const Target& target, const link::Link& by) {
  if (left_for_) caller_.tell_of_early_end(*wish_.without.back(), left_for_, target, by);
}

}  // namespace dispatch::proxy
