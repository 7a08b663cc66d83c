#include "sim/tcp/segment.hpp"

namespace dispatch::sim::tcp {

namespace {

constexpr std::size_t kFixedHeader = 20;

}  // namespace

// Linux aligns every option to 4 bytes with NOPs, and lets SACK-permitted take the place of the two
// NOPs that would precede the timestamps of a SYN (tcp_options_write).
std::size_t Segment::header_size() const {
  auto size = kFixedHeader;
  if (mss) size += 4;
  if (timestamps) {
    size += 12;
  } else if (sack_permitted) {
    size += 4;
  }
  if (window_scale) size += 4;
  if (sack_count > 0) size += 4 + 8 * std::size_t{sack_count};
  return size;
}

Segment refusal(const Segment& segment) {
  Segment reset;
  reset.source_port = segment.destination_port;
  reset.destination_port = segment.source_port;
  reset.rst = true;
  if (segment.ack) {
    reset.sequence = segment.acknowledgment;
  } else {
    reset.ack = true;
    reset.acknowledgment = segment.sequence + segment.sequence_length();
  }
  return reset;
}

}  // namespace dispatch::sim::tcp
