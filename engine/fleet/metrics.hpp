// A coordinator's figures in the text format of Prometheus. Names are those of the original, where
// it had them.
#pragma once

#include <string>

namespace dispatch::fleet {

class Coordinator;

inline constexpr auto kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

std::string metrics_text(Coordinator& coordinator);

}  // namespace dispatch::fleet
