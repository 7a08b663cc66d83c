// The quantities of scenarios are those of engine/units.
#pragma once

#include "engine/units/quantity.hpp"

namespace dispatch::scenario {

using net::Duration;
using units::Bytes;
using units::Frequency;
using units::Quantity;
using units::Rate;
using units::Ratio;
using units::UnitError;

using units::parse_bytes;
using units::parse_count;
using units::parse_duration;
using units::parse_frequency;
using units::parse_quantity;
using units::parse_rate;
using units::parse_ratio;

using units::rate_of;
using units::rounded;
using units::to_string;

}  // namespace dispatch::scenario
