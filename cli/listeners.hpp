// The listeners of `dispatch start`: opened, listed, and warned of.
#pragma once

#include "cli/start_options.hpp"
#include "engine/proxy/server.hpp"

#include <string>
#include <vector>

namespace dispatch::cli {

// Opens all of them, or throws RuntimeError or UsageError; the caller's server then closes what was
// opened. Yields where clients come in: a port that was 0 is known now.
std::vector<proxy::ListenerSpec> open_listeners(proxy::Server& server,
                                                const StartArguments& arguments);

// "127.0.0.1:1080, [::1]:1080".
std::string list_of(const std::vector<proxy::ListenerSpec>& listeners);

// Complains of each that lets anyone in from other machines.
void warn_of_open_doors(const std::vector<proxy::ListenerSpec>& listeners,
                        const proxy::ServerOptions& options);

}  // namespace dispatch::cli
