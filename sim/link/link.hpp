// A full-duplex link between a host's interface and the internet.
#pragma once

#include "sim/link/link_direction.hpp"
#include "sim/link/link_options.hpp"

#include <functional>
#include <string>

namespace dispatch::sim {

enum class LinkState : std::uint8_t {
  up,
  blackhole,       // both directions swallow every packet; nobody is told
  blackhole_up,    // only from the host
  blackhole_down,  // only to the host
  down,            // as `ip link set down` on the host: its kernel knows
};

// "up", "blackhole", "blackhole-up", "blackhole-down", "down".
std::string_view to_string(LinkState state);

class Link {
 public:
  // `near` is the host's end, `far` the internet's.
  Link(Simulation& simulation, std::string name, const LinkOptions& options, PacketSink& near,
       PacketSink& far);

  const std::string& name() const { return name_; }  // "client/wifi"
  std::uint32_t mtu() const { return mtu_; }
  LinkDirection& up() { return up_; }
  LinkDirection& down() { return down_; }
  const LinkDirection& up() const { return up_; }
  const LinkDirection& down() const { return down_; }

  LinkState state() const { return state_; }
  void set_state(LinkState state);
  // Hears of every change between `down` and the other states, after it: true is down.
  void on_down(std::function<void(bool)> changed) { on_down_ = std::move(changed); }

 private:
  std::string name_;
  std::uint32_t mtu_;
  LinkState state_ = LinkState::up;
  SharedMedium medium_;  // where the link is half-duplex
  LinkDirection up_;
  LinkDirection down_;
  std::function<void(bool)> on_down_;
};

}  // namespace dispatch::sim
