// In place of the screen, where there is no FTXUI.
#include "cli/exit_status.hpp"
#include "cli/top/top.hpp"

namespace dispatch::cli {

int run_top(const TopArguments& /*arguments*/) {
  throw RuntimeError(
      "this dispatch was built without its screen (FTXUI was not there): see 'dispatch status'");
}

}  // namespace dispatch::cli
