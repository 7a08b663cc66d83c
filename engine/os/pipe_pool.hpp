// Pipes for splice(2): kernel buffers that a relay borrows while bytes are on their way.
#pragma once

#include "engine/os/file_descriptor.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace dispatch::os {

struct Pipe {
  FileDescriptor reader;
  FileDescriptor writer;
  std::size_t capacity = 0;  // bytes
};

// Keeps a few pipes for reuse: to make and to size one costs more than a small transfer.
class PipePool {
 public:
  // An empty pipe, or none where the process may have no more descriptors.
  std::optional<Pipe> take();

  // `pipe` must be empty.
  void give_back(Pipe pipe);

  std::size_t idle() const { return idle_.size(); }

 private:
  std::vector<Pipe> idle_;
};

}  // namespace dispatch::os
