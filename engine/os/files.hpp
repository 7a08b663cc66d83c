// The machine's files, devices and pipes.
#pragma once

#include "engine/net/files.hpp"

namespace dispatch::os {

class Runtime;
struct Loop;

// A regular file never makes anybody wait: its operations take as long as the disk does, and
// nothing else goes on meanwhile. Pipes, terminals and other devices are waited for by the event
// loop.
class Files final : public net::Files {
 public:
  // Of the runtime's event loop. `runtime` outlives this, and all files.
  explicit Files(Runtime& runtime);

  net::Result<net::FilePtr> open_to_read(const std::string& path) override;
  net::Result<net::FilePtr> open_to_write(const std::string& path, Existing existing) override;
  net::Result<net::FilePtr> standard_input() override;
  net::Result<net::FilePtr> standard_output() override;

 private:
  Loop& loop_;
};

}  // namespace dispatch::os
