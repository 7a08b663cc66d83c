// The machine's files, devices and pipes.
#pragma once

#include "engine/net/files.hpp"
#include "engine/os/file_writer.hpp"

namespace dispatch::os {

class Runtime;

// The event loop goes on while the disk is slow: regular files are written by a thread
// (FileWriter), and what of one is not in memory is read by a thread of its own; they are opened on
// the event loop, which takes as long as the disk does. Pipes, terminals and other devices are
// waited for by the event loop.
class Files final : public net::Files {
 public:
  // Of the runtime's event loop. `runtime` outlives this, and all files.
  explicit Files(Runtime& runtime);
  // What was taken is written: this waits for it.
  ~Files() override;

  net::Result<net::FilePtr> open_to_read(const std::string& path) override;
  net::Result<net::FilePtr> open_to_write(const std::string& path, Existing existing) override;
  net::Result<net::FilePtr> standard_input() override;
  net::Result<net::FilePtr> standard_output() override;

 private:
  net::FilePtr make_output(FileDescriptor descriptor);

  Runtime& runtime_;
  FileWriter writer_;
};

}  // namespace dispatch::os
