// What the programs do about errors: one line, and an exit status.
#pragma once

#include "cli/console.hpp"
#include "cli/exit_status.hpp"
#include "engine/net/config_error.hpp"

#include <exception>
#include <system_error>

namespace dispatch::cli {

// What `run` returns, or the exit status of what it throws.
template <typename Run>
int run_program(Run run) {
  try {
    return run();
  } catch (const UsageError& error) {
    complain(error.what());
    return kUsage;
  } catch (const net::ConfigError& error) {
    complain(error.what());
    return kUsage;
  } catch (const OutputError& error) {
    // A reader that has seen enough (`dispatch list | head -1`) needs no message.
    if (error.code() != std::errc::broken_pipe) complain(error.what());
    return kFailure;
  } catch (const std::exception& error) {
    complain(error.what());
    return kFailure;
  }
}

}  // namespace dispatch::cli
