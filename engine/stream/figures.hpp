// What has passed an endpoint, and what has not.
#pragma once

#include <cstdint>

namespace dispatch::stream {

// Of an input: what it has brought, and what came and was lost before it could be read. Of an
// output: what has been handed to the system, and what was given up. A byte stream has no
// datagrams: it counts the pieces in which it was read or cut.
struct Figures {
  std::uint64_t datagrams = 0;
  std::uint64_t bytes = 0;
  std::uint64_t lost = 0;        // datagrams
  std::uint64_t lost_bytes = 0;  // of outputs; of what an input has lost nobody knows the size

  Figures& operator+=(const Figures& other) {
    datagrams += other.datagrams;
    bytes += other.bytes;
    lost += other.lost;
    lost_bytes += other.lost_bytes;
    return *this;
  }
  friend bool operator==(const Figures&, const Figures&) = default;
};

}  // namespace dispatch::stream
