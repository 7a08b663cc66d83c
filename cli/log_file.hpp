// Where the engine's log lines go: the log file, or standard output.
#pragma once

#include "engine/net/log.hpp"

#include <memory>
#include <string>

namespace dispatch::cli {

// $XDG_STATE_HOME/dispatch: what the program keeps for itself is there.
std::string state_folder();

// $XDG_STATE_HOME/dispatch/dispatch.log, by default ~/.local/state/dispatch/dispatch.log.
std::string default_log_path();

// Appends to `path` and makes its folder where needed; the file is rotated at 10 MB, and three old
// ones are kept (dispatch.1.log, ...). Where that cannot be, says so once on standard error and
// returns a log that keeps nothing. The same for a write that fails later (a full disk).
// Lines below `level` are left out.
std::unique_ptr<net::Log> open_log_file(const std::string& path, net::LogLevel level);

// Writes to standard output.
std::unique_ptr<net::Log> open_log_on_standard_output();

}  // namespace dispatch::cli
