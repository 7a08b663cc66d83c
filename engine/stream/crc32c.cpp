#include "engine/stream/crc32c.hpp"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#define DISPATCH_HAS_CRC32C_INSTRUCTION 1
#endif

namespace dispatch::stream {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // reflected
constexpr std::size_t kSlices = 8;

using Tables = std::array<std::array<std::uint32_t, 256>, kSlices>;

// Table n has the sum of a byte that n zero bytes follow: eight bytes are looked up at a time.
constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    auto sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) != 0 ? kPolynomial : 0);
    tables[0][byte] = sum;
  }
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    for (std::size_t slice = 1; slice < kSlices; ++slice) {
      const auto sum = tables[slice - 1][byte];
      tables[slice][byte] = (sum >> 8) ^ tables[0][sum & 0xff];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

// Of the complement of a sum; so is what it returns.
std::uint32_t by_table(std::span<const std::byte> bytes, std::uint32_t sum) {
  while (bytes.size() >= kSlices) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), kSlices);
    bytes = bytes.subspan(kSlices);
    word ^= sum;
    sum = 0;
    for (std::size_t i = 0; i < kSlices; ++i) {
      sum ^= kTables[kSlices - 1 - i][(word >> (8 * i)) & 0xff];
    }
  }
  for (const auto byte : bytes) {
    sum = (sum >> 8) ^ kTables[0][(sum ^ static_cast<std::uint32_t>(byte)) & 0xff];
  }
  return sum;
}

#ifdef DISPATCH_HAS_CRC32C_INSTRUCTION

// SSE 4.2 has an instruction for this very polynomial.
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::span<const std::byte> bytes,
                                                               std::uint32_t before) {
  std::uint64_t sum = before;
  while (bytes.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    bytes = bytes.subspan(sizeof word);
    sum = _mm_crc32_u64(sum, word);
  }
  auto rest = static_cast<std::uint32_t>(sum);
  for (const auto byte : bytes) rest = _mm_crc32_u8(rest, static_cast<std::uint8_t>(byte));
  return rest;
}

#endif

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before) {
#ifdef DISPATCH_HAS_CRC32C_INSTRUCTION
  static const bool kHasInstruction = __builtin_cpu_supports("sse4.2") != 0;
  if (kHasInstruction) return ~by_instruction(bytes, ~before);
#endif
  return ~by_table(bytes, ~before);
}

std::uint32_t crc32c_by_table(std::span<const std::byte> bytes, std::uint32_t before) {
  return ~by_table(bytes, ~before);
}

}  // namespace dispatch::stream
