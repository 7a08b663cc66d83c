// A look at a link: what its line and the engine have counted.
#pragma once

#include "engine/link/link.hpp"
#include "sim/link/link.hpp"
#include "sim/scenario/result.hpp"

#include <vector>

namespace dispatch::scenario {

LinkSample sample_link(const sim::Link* line, const std::vector<const link::Link*>& engine_links,
                       Duration at);

// Why one direction has dropped packets so far.
std::vector<DropCount> drops_by_reason(const sim::LinkDirection& line);

}  // namespace dispatch::scenario
