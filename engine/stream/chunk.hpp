// Bytes on their way from an input to the outputs.
#pragma once

#include "engine/net/datagram.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace dispatch::stream {

// One datagram, or several of the same size. It lasts for the call that it is given to: an output
// that cannot send it at once keeps a copy.
struct Chunk {
  std::span<const std::byte> data;
  // Not 0: the data holds several datagrams of so many bytes each, but the last, which may be
  // shorter; no more than leave a socket in one piece (net::DatagramOut::segment).
  std::size_t segment = 0;
  // Goes before the data, which is one datagram then.
  std::span<const std::byte> head{};
  // Where it came from, and by which socket; null: over no socket, or from several places.
  const net::Endpoint* from = nullptr;
  net::Datagram* socket = nullptr;

  std::size_t datagrams() const { return segment == 0 ? 1 : (data.size() + segment - 1) / segment; }

  // Calls `visit` with the bytes of each datagram from `offset` on.
  template <typename Visit>
  void for_each(std::size_t offset, Visit visit) const {
    auto left = data.subspan(offset);
    if (segment == 0) return visit(left);
    while (!left.empty()) {
      const auto bytes = left.first(std::min(left.size(), segment));
      left = left.subspan(bytes.size());
      visit(bytes);
    }
  }
};

// Appends `bytes` of a stream to `chunks`, as datagrams of `datagram_bytes` but the last one.
void cut(std::span<const std::byte> bytes, std::size_t datagram_bytes, std::vector<Chunk>& chunks);

}  // namespace dispatch::stream
