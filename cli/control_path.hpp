// Where the control socket is.
#pragma once

#include <string>
#include <vector>

namespace dispatch::cli {

// In place of a path: there is none.
inline constexpr auto kNoControl = "off";

// Where `dispatch start` has it unless it is told: $RUNTIME_DIRECTORY/control.sock (systemd's),
// $XDG_RUNTIME_DIR/dispatch/control.sock, or, for root, /run/dispatch/control.sock. Empty where
// there is no such place.
std::string default_control_path();

// Where commands look for one, in this order.
std::vector<std::string> control_paths();

}  // namespace dispatch::cli
