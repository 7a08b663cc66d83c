// Bad configuration: one clear line that says what is wrong, where, and what to do.
#pragma once

#include <stdexcept>

namespace dispatch::net {

// Programs print what() and end with exit status 2.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace dispatch::net
