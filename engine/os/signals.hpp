// The signals that ask a program to stop, or to read its files again.
#pragma once

#include "engine/net/async.hpp"

#include <memory>

namespace dispatch::os {

class Runtime;

// SIGHUP, which asks a program to read its files again. From its construction on it no longer ends
// the process, unless it says that the process's terminal has gone: then it does what SIGTERM does.
class Hangups {
 public:
  explicit Hangups(Runtime& runtime);
  ~Hangups();

  // Until the next one. Errors: operation_aborted.
  net::Task<net::Status> next();

 private:
  struct Set;
  std::unique_ptr<Set> set_;
};

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
