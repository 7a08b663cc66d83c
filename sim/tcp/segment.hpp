// One TCP segment, as fields (RFC 9293 3.1); bytes on the wire are made only for captures.
#pragma once

#include "sim/core/payload.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace dispatch::sim::tcp {

// The bytes of a segment: at most two slices, since a segment may straddle two blocks of a send
// buffer.
struct Payload {
  std::array<Slice, 2> slices;

  std::size_t size() const { return slices[0].size() + slices[1].size(); }
};

struct SackBlock {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;  // one past the last
};

struct Timestamps {  // RFC 7323
  std::uint32_t value = 0;
  std::uint32_t echo = 0;
};

// What the IP header says of congestion (RFC 3168 5).
enum class EcnMark : std::uint8_t { none, capable, congestion };

struct Segment {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgment = 0;
  bool syn = false;
  bool ack = false;
  bool fin = false;
  bool rst = false;
  bool psh = false;
  bool ece = false;  // RFC 3168 6.1
  bool cwr = false;
  EcnMark mark = EcnMark::none;  // for the IP header that it is sent in
  std::uint16_t window = 0;      // as on the wire: shifted right by the sender's window scale
  // Options.
  std::optional<std::uint16_t> mss;          // SYN only
  std::optional<std::uint8_t> window_scale;  // SYN only, RFC 7323
  bool sack_permitted = false;               // SYN only, RFC 2018
  std::optional<Timestamps> timestamps;
  std::uint8_t sack_count = 0;
  std::array<SackBlock, 4> sack{};

  Payload payload;

  std::size_t header_size() const;  // bytes, options and padding included
  std::size_t size() const { return header_size() + payload.size(); }
  // How much sequence space it takes: payload, SYN and FIN.
  std::uint32_t sequence_length() const {
    return static_cast<std::uint32_t>(payload.size()) + (syn ? 1 : 0) + (fin ? 1 : 0);
  }
};

// The RST that answers a segment for which there is no connection (RFC 9293 3.10.7.1). Not for one
// that is a RST itself.
Segment refusal(const Segment& segment);

}  // namespace dispatch::sim::tcp
