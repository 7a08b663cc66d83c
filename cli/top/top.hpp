// `dispatch top`: a live screen of a dispatch that runs.
#pragma once

#include <string>

namespace dispatch::cli {

struct TopArguments {
  std::string socket{};  // of --control; empty: where there is one
};

// Until the user leaves it. Throws RuntimeError: nothing runs; this is no terminal; this program
// was built without it.
int run_top(const TopArguments& arguments);

}  // namespace dispatch::cli
