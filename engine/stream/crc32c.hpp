// CRC-32C (Castagnoli; RFC 3385 says why this one), as iSCSI and SCTP have it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace dispatch::stream {

// Of `bytes` behind those of which `before` is the sum; 0: of none.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before = 0);

// The same without the processor's help, for tests.
std::uint32_t crc32c_by_table(std::span<const std::byte> bytes, std::uint32_t before = 0);

}  // namespace dispatch::stream
