#include "engine/control/rates.hpp"

#include <algorithm>

namespace dispatch::control {
namespace {

std::uint64_t per_second(std::uint64_t bytes, net::Duration time) {
  const double seconds = std::chrono::duration<double>(time).count();
  return static_cast<std::uint64_t>(static_cast<double>(bytes) / seconds + 0.5);
}

}  // namespace

net::Task<void> Rates::follow(net::Clock& clock) {
  auto last = clock.now();
  for (auto* link : links_.links()) track_of(*link);
  for (;;) {
    if (co_await clock.sleep_for(kInterval)) co_return;
    const auto now = clock.now();
    look(now - last);
    last = now;
  }
}

void Rates::look(net::Duration since_last) {
  const auto links = links_.links();
  std::erase_if(tracks_, [&](const Track& track) {
    return std::ranges::find(links, track.link) == links.end();
  });
  for (auto* link : links) {
    auto& track = track_of(*link);
    const auto sent = link->counters().sent.total();
    const auto received = link->counters().received.total();
    track.rates.push_back({per_second(sent - track.sent, since_last),
                           per_second(received - track.received, since_last)});
    if (track.rates.size() > kIntervalsMax) track.rates.pop_front();
    track.sent = sent;
    track.received = received;
  }
}

Rates::Track& Rates::track_of(const link::Link& link) {
  const auto found = std::ranges::find(tracks_, &link, &Track::link);
  if (found != tracks_.end()) return *found;
  const auto& counters = link.counters();
  return tracks_.emplace_back(Track{&link, counters.sent.total(), counters.received.total()});
}

const Rates::Track* Rates::find(const link::Link& link) const {
  const auto found = std::ranges::find(tracks_, &link, &Track::link);
  return found == tracks_.end() ? nullptr : &*found;
}

Rate Rates::now(const link::Link& link) const {
  const auto* track = find(link);
  return track == nullptr || track->rates.empty() ? Rate{} : track->rates.back();
}

std::vector<Rate> Rates::series(const link::Link& link) const {
  const auto* track = find(link);
  if (track == nullptr) return {};
  return {track->rates.begin(), track->rates.end()};
}

}  // namespace dispatch::control
