// A program that is measured, from the outside.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace dispatch::bench {

// Started with its output thrown away; ended (SIGTERM) and waited for with this object.
class Process {
 public:
  explicit Process(const std::vector<std::string>& command);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Until it listens at this port of loopback.
  void wait_for(std::uint16_t port) const;

  double cpu_seconds() const;  // of all threads, user and kernel
  double private_kilobytes() const;
  int descriptors() const;

 private:
  pid_t process_ = -1;
};

// The first of the folders of $PATH that has it; empty: none.
std::string find_program(const std::string& name);

}  // namespace dispatch::bench
