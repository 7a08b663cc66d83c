#include "engine/stream/frame.hpp"

#include "engine/stream/crc32c.hpp"

#include <algorithm>

namespace dispatch::stream {
namespace {

constexpr std::uint16_t kMagic = 0xD15B;
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMagicAt = 0;
constexpr std::size_t kVersionAt = 2;
constexpr std::size_t kKindAt = 3;
constexpr std::size_t kStreamAt = 4;
constexpr std::size_t kSequenceAt = 8;
constexpr std::size_t kTimeAt = 16;
constexpr std::size_t kLengthAt = 24;
constexpr std::size_t kCrcAt = 28;

template <typename Number>
void put(FrameHeader& header, std::size_t at, Number value) {
  for (auto i = sizeof value; i-- > 0; value = static_cast<Number>(value >> 8)) {
    header[at + i] = static_cast<std::byte>(value & 0xff);
    if constexpr (sizeof value == 1) break;
  }
}

template <typename Number>
Number get(std::span<const std::byte> bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    value = value << 8 | static_cast<std::uint64_t>(bytes[at + i]);
  }
  return static_cast<Number>(value);
}

std::uint32_t sum_of(FrameHeader header, std::span<const std::byte> payload) {
  put<std::uint32_t>(header, kCrcAt, 0);
  return crc32c(payload, crc32c(header));
}

}  // namespace

FrameHeader encode_frame_header(const Frame& frame) {
  FrameHeader header{};
  put(header, kMagicAt, kMagic);
  put(header, kVersionAt, kVersion);
  put(header, kKindAt, static_cast<std::uint8_t>(frame.kind));
  put(header, kStreamAt, frame.stream);
  put(header, kSequenceAt, frame.sequence);
  put(header, kTimeAt, frame.time);
  put(header, kLengthAt, static_cast<std::uint16_t>(frame.payload.size()));
  put(header, kCrcAt, sum_of(header, frame.payload));
  return header;
}

std::optional<Frame> decode_frame(std::span<const std::byte> datagram) {
  if (datagram.size() < kFrameHeaderBytes) return std::nullopt;
  if (get<std::uint16_t>(datagram, kMagicAt) != kMagic) return std::nullopt;
  if (get<std::uint8_t>(datagram, kVersionAt) != kVersion) return std::nullopt;
  const auto kind = get<std::uint8_t>(datagram, kKindAt);
  if (kind > static_cast<std::uint8_t>(Frame::Kind::end)) return std::nullopt;
  const auto payload = datagram.subspan(kFrameHeaderBytes);
  if (get<std::uint16_t>(datagram, kLengthAt) != payload.size()) return std::nullopt;
  FrameHeader header;
  std::copy_n(datagram.begin(), header.size(), header.begin());
  if (get<std::uint32_t>(datagram, kCrcAt) != sum_of(header, payload)) return std::nullopt;
  return Frame{static_cast<Frame::Kind>(kind), get<std::uint32_t>(datagram, kStreamAt),
               get<std::uint64_t>(datagram, kSequenceAt), get<std::uint64_t>(datagram, kTimeAt),
               payload};
}

}  // namespace dispatch::stream
