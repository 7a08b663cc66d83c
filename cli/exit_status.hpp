// How the programs end.
#pragma once

#include <stdexcept>

namespace dispatch::cli {

inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;  // of the world: a busy port, a full disk, a failed check
inline constexpr int kUsage = 2;    // of the command line: see also net::ConfigError

// The command line asks for something that cannot be; what() is one line.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The world does not play along; what() is one line.
class RuntimeError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace dispatch::cli
