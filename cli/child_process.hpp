// Another program, run beside this one, whose standard output is read as it comes.
#pragma once

#include "engine/net/async.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

namespace dispatch::cli {

// The full path of `program` in one of the folders of PATH; empty where there is none.
std::string find_program(const std::string& program);

// Standard input is empty; standard error is this program's. Call wait() before it is destroyed.
class ChildProcess {
 public:
  // Throws RuntimeError where the program cannot be started.
  ChildProcess(net::asio::any_io_executor executor, const std::string& program,
               const std::vector<std::string>& arguments);

  // At least one byte of its output, or 0 at the end.
  net::Task<net::Result<std::size_t>> read_some(std::span<std::byte> buffer);

  // Blocks until it has ended, which a program does right after it has closed its output. The exit
  // status, or 128 + the number of the signal that ended it.
  int wait();

 private:
  net::asio::posix::stream_descriptor output_;
  pid_t process_ = -1;
};

}  // namespace dispatch::cli
