// `dispatch monitor`: a live screen of a fleet, which also executes.
#pragma once

#include "engine/fleet/monitor_client.hpp"

namespace dispatch::cli {

struct MonitorArguments {
  fleet::MonitorOptions monitor;
};

// Until the user leaves it. Throws RuntimeError: this is no terminal; this program was built
// without it.
int run_monitor(const MonitorArguments& arguments);

}  // namespace dispatch::cli
