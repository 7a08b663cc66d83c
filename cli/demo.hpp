// `dispatch demo`: the whole thing on one machine, with no second link and no internet.
#pragma once

#include "cli/arguments.hpp"
#include "engine/net/log.hpp"

namespace dispatch::cli {

// Starts an origin server and the proxy with two loopback links of weights 7 and 3, downloads
// through it, and prints how the connections were split as the origin counted them. The exit
// status: kFailure where a byte or the split is wrong. Lasts at most about a minute.
int run_demo(const DemoArguments& arguments, net::Log& log);

}  // namespace dispatch::cli
