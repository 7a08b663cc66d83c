// The file format of captures (draft-ietf-opsawg-pcapng), as functions that make its blocks.
#pragma once

#include "engine/net/time.hpp"
#include "sim/capture/byte_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace dispatch::sim::pcapng {

// Blocks follow each other in the file, the section's header first, then its interfaces, which are
// numbered from 0 in their order. Numbers are little-endian, times nanoseconds since 1970.
void append_section(std::string_view program, ByteVector& out);

// Packets of this interface begin with an IPv4 or an IPv6 header (LINKTYPE_RAW).
void append_interface(std::string_view name, std::string_view description, ByteVector& out);

enum class Direction : std::uint8_t { inbound = 1, outbound = 2 };

// `comment` may be empty.
void append_packet(std::uint32_t interface, net::WallTime when, Direction direction,
                   std::span<const std::byte> packet, std::string_view comment, ByteVector& out);

struct Statistics {
  std::uint64_t received = 0;  // packets that the interface has sent and received
  std::uint64_t dropped = 0;
};
// At the end.
void append_statistics(std::uint32_t interface, net::WallTime when, const Statistics& statistics,
                       std::string_view comment, ByteVector& out);

}  // namespace dispatch::sim::pcapng
