// The header that --framed puts before each datagram: who sent it, and which one it is.
//
//      0        2    3    4            8              16             24       26    28     32
//     +--------+----+----+------------+--------------+--------------+--------+-----+------+
//     | D1 5B  | 01 |kind| stream     | sequence     | time         | length | f 0 | CRC  | payload
//     +--------+----+----+------------+--------------+--------------+--------+-----+------+
//
// Numbers have their highest byte first. The sequence numbers of a stream begin with 0; the time is
// the sender's, in nanoseconds since 1970 (UTC); the length is the payload's, in bytes. The CRC is
// CRC-32C of the header, its own field 0, and the payload. The flags f: 1, it has been sent before,
// and was asked for again. Kinds: 0 data; 1 the end of the stream,
// whose sequence number is how many data frames there were. Of streams that are repaired or spread
// also 2 parity (parity.hpp); 4 a probe of the way, whose sequence number is that of the next data
// frame, and whose payload is zeros, as long as the shortest answer; and 3 a report, the answer,
// which goes back to where frames came from (report.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace dispatch::stream {

inline constexpr std::size_t kFrameHeaderBytes = 32;

struct Frame {
  enum class Kind : std::uint8_t { data = 0, end = 1, parity = 2, report = 3, probe = 4 };

  Kind kind = Kind::data;
  std::uint32_t stream = 0;
  std::uint64_t sequence = 0;
  std::uint64_t time = 0;
  std::span<const std::byte> payload{};
  bool again = false;
};

using FrameHeader = std::array<std::byte, kFrameHeaderBytes>;

// What goes before the payload, which has at most 65,535 bytes.
FrameHeader encode_frame_header(const Frame& frame);

// A whole datagram; the payload is a part of it. Empty: it is no frame, or not as it was sent.
std::optional<Frame> decode_frame(std::span<const std::byte> datagram);

}  // namespace dispatch::stream
