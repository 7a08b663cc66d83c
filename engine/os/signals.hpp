// The signals that ask a program to stop.
#pragma once

#include "engine/net/async.hpp"

#include <memory>

namespace dispatch::os {

class Runtime;

// From its construction on, SIGINT and SIGTERM no longer end the process; one that comes while
// nobody waits is kept.
class Signals {
 public:
  explicit Signals(Runtime& runtime);
  ~Signals();

  // The number of the next one. Errors: operation_aborted.
  net::Task<net::Result<int>> next();

 private:
  struct Set;
  std::unique_ptr<Set> set_;
};

}  // namespace dispatch::os
