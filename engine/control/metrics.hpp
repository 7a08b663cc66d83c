// A dispatcher's figures for Prometheus: its text format, version 0.0.4.
#pragma once

#include "engine/control/status.hpp"

#include <string>

namespace dispatch::control {

inline constexpr auto kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

// dispatch_link_...{link="wifi"} of each link, and dispatch_clients_... of all.
std::string metrics_text(const Status& status);

}  // namespace dispatch::control
