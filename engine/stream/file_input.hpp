// A file, a device or a pipe that is read to its end.
#pragma once

#include "engine/net/clock.hpp"
#include "engine/net/files.hpp"
#include "engine/stream/input.hpp"
#include "engine/stream/pacer.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace dispatch::stream {

// What a read brings goes on at once, in datagrams of the size that is asked for but the last one:
// lines that come one by one through a pipe leave one by one.
class FileInput final : public Input {
 public:
  struct Options {
    std::size_t datagram_bytes = 1472;
    std::uint64_t bytes_per_second = 0;  // 0: as fast as the outputs take it
  };

  FileInput(Hub& hub, std::string name, net::FilePtr file, net::Clock& clock,
            const Options& options);

  net::Task<net::Status> run() override;

 private:
  net::FilePtr file_;
  std::size_t datagram_bytes_;
  Pacer pacer_;
  std::vector<std::byte> buffer_;
  std::vector<Chunk> chunks_;
};

}  // namespace dispatch::stream
