// Other links for a dispatcher that runs, as its configuration has changed.
#pragma once

#include "engine/link/link_set.hpp"
#include "engine/link/link_spec.hpp"

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::link {

// What is to be done. A link whose specification is the same but for its weight, its rates and its
// data cap stays what it is,
// with its counters and its standing; one that differs in more is retired, and another one of its
// name takes its place.
struct LinkRenewal {
  std::vector<std::unique_ptr<Link>> added;
  std::vector<Link*> retired;
  std::vector<std::pair<Link*, unsigned>> weights;   // of links that stay, where it is another one
  std::vector<std::pair<Link*, LinkLimits>> limits;  // the same

  // "eth1 added, wlan0 retired, eth0 has weight 3, lte has other limits"; empty: nothing is to be
  // done.
  std::string summary() const;

  void apply_to(LinkSet& links, net::TimePoint now) &&;
};

// From the links of `links`, which `before` made, to those that `after` names; but for the
// automatic ones, which LinkFollower::renew takes care of. Nothing changes yet. Throws
// net::ConfigError: make_links'.
LinkRenewal renew_links(const LinkSet& links, std::span<const LinkSpec> before,
                        std::span<const LinkSpec> after, std::span<const net::Interface> interfaces,
                        net::Network& network);

}  // namespace dispatch::link
