#include "sim/link/link.hpp"

#include <utility>

namespace dispatch::sim {

std::string_view to_string(LinkState state) {
  switch (state) {
    case LinkState::up:
      return "up";
    case LinkState::blackhole:
      return "blackhole";
    case LinkState::blackhole_up:
      return "blackhole-up";
    case LinkState::blackhole_down:
      return "blackhole-down";
    case LinkState::down:
      return "down";
  }
  return "?";
}

Link::Link(Simulation& simulation, std::string name, const LinkOptions& options, PacketSink& near,
           PacketSink& far)
    : name_(std::move(name)),
      mtu_(options.mtu),
      up_(simulation, name_ + "/up", options.up, far, options.half_duplex ? &medium_ : nullptr),
      down_(simulation, name_ + "/down", options.down, near,
            options.half_duplex ? &medium_ : nullptr) {}

void Link::set_state(LinkState state) {
  using State = LinkDirection::State;
  const bool was_down = std::exchange(state_, state) == LinkState::down;
  const bool is_down = state == LinkState::down;
  const auto of = [&](LinkState one_way) {
    if (is_down) return State::down;
    return state == LinkState::blackhole || state == one_way ? State::blackhole : State::open;
  };
  up_.set_state(of(LinkState::blackhole_up));
  down_.set_state(of(LinkState::blackhole_down));
  if (was_down != is_down && on_down_) on_down_(is_down);
}

}  // namespace dispatch::sim
