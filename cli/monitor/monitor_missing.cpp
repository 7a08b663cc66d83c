// In place of the screen, where there is no FTXUI.
#include "cli/exit_status.hpp"
#include "cli/monitor/monitor.hpp"

namespace dispatch::cli {

int run_monitor(const MonitorArguments& /*arguments*/) {
  throw RuntimeError(
      "this dispatch was built without the screen of monitor (FTXUI was not there): open the "
      "coordinator's address with a browser, which shows the same");
}

}  // namespace dispatch::cli
