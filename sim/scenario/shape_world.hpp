// Parts of hosts and names. Internal to shape_world.cpp and the functions that read them.
#pragma once

#include "sim/scenario/shape.hpp"

namespace dispatch::scenario {

ShapePtr dns_fault_shape();
ShapePtr dns_behaviour_map_shape();
ShapePtr service_shape();

}  // namespace dispatch::scenario
