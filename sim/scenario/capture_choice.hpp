// Which interfaces of a scenario's world are captured.
#pragma once

#include "sim/capture/capture.hpp"
#include "sim/host/world.hpp"

#include <string>
#include <vector>

namespace dispatch::scenario {

// A link by its name in the scenario ("wifi"), a host's only interface by the host's ("www"), or
// any by its own ("host/www/eth0", "www/eth0", "client/wifi"). None: all there are.
//
// Throws net::ConfigError, with what there is, where a name is not one of these.
std::vector<sim::Link*> links_to_capture(const sim::World& world,
                                         const std::vector<std::string>& names);

}  // namespace dispatch::scenario
