// Results for people with a browser.
#pragma once

#include <span>
#include <string>

namespace dispatch::report {

// More would be no page that anybody looks at, and one that no browser likes.
inline constexpr std::size_t kPageRunsMax = 16;

// One page of HTML that needs nothing else, from what Story::json() has of each run: charts over
// time, connections, decisions, latencies; two runs side by side. At least one run.
std::string page(std::span<const std::string> runs);

}  // namespace dispatch::report
