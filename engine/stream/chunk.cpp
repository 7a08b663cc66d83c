#include "engine/stream/chunk.hpp"

namespace dispatch::stream {

void cut(std::span<const std::byte> bytes, std::size_t datagram_bytes, std::vector<Chunk>& chunks) {
  const auto fitting = std::min(net::kSegmentsMax, net::kSegmentedBytesMax / datagram_bytes);
  const auto chunk_bytes = std::max<std::size_t>(fitting, 1) * datagram_bytes;
  while (!bytes.empty()) {
    const auto data = bytes.first(std::min(bytes.size(), chunk_bytes));
    bytes = bytes.subspan(data.size());
    chunks.push_back({data, data.size() > datagram_bytes ? datagram_bytes : 0, {}});
  }
}

}  // namespace dispatch::stream
