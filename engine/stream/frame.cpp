#include "engine/stream/frame.hpp"

#include "engine/stream/crc32c.hpp"
#include "engine/stream/number.hpp"

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
constexpr std::size_t kFlagsAt = 26;
constexpr std::size_t kCrcAt = 28;
constexpr std::uint8_t kAgain = 1;

std::uint32_t sum_of(FrameHeader header, std::span<const std::byte> payload) {
  put_number<std::uint32_t>(header, kCrcAt, 0);
  return crc32c(payload, crc32c(header));
}

}  // namespace

FrameHeader encode_frame_header(const Frame& frame) {
  FrameHeader header{};
  put_number(header, kMagicAt, kMagic);
  put_number(header, kVersionAt, kVersion);
  put_number(header, kKindAt, static_cast<std::uint8_t>(frame.kind));
  put_number(header, kStreamAt, frame.stream);
  put_number(header, kSequenceAt, frame.sequence);
  put_number(header, kTimeAt, frame.time);
  put_number(header, kLengthAt, static_cast<std::uint16_t>(frame.payload.size()));
  put_number(header, kFlagsAt, frame.again ? kAgain : std::uint8_t{0});
  put_number(header, kCrcAt, sum_of(header, frame.payload));
  return header;
}

std::optional<Frame> decode_frame(std::span<const std::byte> datagram) {
  if (datagram.size() < kFrameHeaderBytes) return std::nullopt;
  if (get_number<std::uint16_t>(datagram, kMagicAt) != kMagic) return std::nullopt;
  if (get_number<std::uint8_t>(datagram, kVersionAt) != kVersion) return std::nullopt;
  const auto kind = get_number<std::uint8_t>(datagram, kKindAt);
  if (kind > static_cast<std::uint8_t>(Frame::Kind::probe)) return std::nullopt;
  const auto payload = datagram.subspan(kFrameHeaderBytes);
  if (get_number<std::uint16_t>(datagram, kLengthAt) != payload.size()) return std::nullopt;
  FrameHeader header;
  std::copy_n(datagram.begin(), header.size(), header.begin());
  if (get_number<std::uint32_t>(datagram, kCrcAt) != sum_of(header, payload)) return std::nullopt;
  return Frame{static_cast<Frame::Kind>(kind),
               get_number<std::uint32_t>(datagram, kStreamAt),
               get_number<std::uint64_t>(datagram, kSequenceAt),
               get_number<std::uint64_t>(datagram, kTimeAt),
               payload,
               (get_number<std::uint8_t>(datagram, kFlagsAt) & kAgain) != 0};
}

}  // namespace dispatch::stream
