#include "sim/capture/packet_bytes.hpp"
#include "sim/tcp/segment.hpp"

namespace dispatch::sim {
namespace {

enum Option : std::uint8_t {
  kNop = 1,
  kMss = 2,
  kWindowScale = 3,
  kSackPermitted = 4,
  kSack = 5,
  kTimestamps = 8,
};

std::uint8_t flags_of(const tcp::Segment& segment) {
  return static_cast<std::uint8_t>(segment.cwr << 7 | segment.ece << 6 | segment.ack << 4 |
                                   segment.psh << 3 | segment.rst << 2 | segment.syn << 1 |
                                   segment.fin << 0);
}

// Every option is brought to 4 bytes.
void append_options(const tcp::Segment& segment, ByteWriter& write) {
  if (segment.mss) {
    write.u8(kMss);
    write.u8(4);
    write.u16(*segment.mss);
  }
  if (segment.timestamps || segment.sack_permitted) {
    if (segment.sack_permitted) {
      if (!segment.timestamps) write.u16(kNop << 8 | kNop);
      write.u8(kSackPermitted);
      write.u8(2);
    } else {
      write.u16(kNop << 8 | kNop);
    }
  }
  if (segment.timestamps) {
    write.u8(kTimestamps);
    write.u8(10);
    write.u32(segment.timestamps->value);
    write.u32(segment.timestamps->echo);
  }
  if (segment.window_scale) {
    write.u8(kNop);
    write.u8(kWindowScale);
    write.u8(3);
    write.u8(*segment.window_scale);
  }
  if (segment.sack_count > 0) {
    write.u16(kNop << 8 | kNop);
    write.u8(kSack);
    write.u8(2 + 8 * segment.sack_count);
    for (std::size_t i = 0; i < segment.sack_count; ++i) {
      write.u32(segment.sack[i].begin);
      write.u32(segment.sack[i].end);
    }
  }
}

}  // namespace

void append_tcp(const tcp::Segment& segment, ByteVector& out) {
  ByteWriter write(out);
  write.u16(segment.source_port);
  write.u16(segment.destination_port);
  write.u32(segment.sequence);
  write.u32(segment.acknowledgment);
  write.u8(segment.header_size() / 4 << 4);
  write.u8(flags_of(segment));
  write.u16(segment.window);
  write.u16(0);
  write.u16(0);
  append_options(segment, write);
  for (const auto& slice : segment.payload.slices) {
    if (slice.is_blank()) {
      write.zeros(slice.size());
    } else {
      write.bytes(slice.bytes());
    }
  }
}

}  // namespace dispatch::sim
