#include "engine/stream/erasure_code.hpp"

#include <array>
#include <utility>

#if defined(__x86_64__)
#include <tmmintrin.h>
#define DISPATCH_HAS_SHUFFLE 1
#endif

namespace dispatch::stream {
namespace {

// Multiplication modulo x^8 + x^4 + x^3 + x^2 + 1, by logarithms to the base x.
struct FieldTables {
  std::array<std::uint8_t, 512> exponentials{};
  std::array<std::uint8_t, 256> logarithms{};
};

constexpr FieldTables make_field() {
  constexpr unsigned kFieldPolynomial = 0x11d;
  FieldTables tables;
  unsigned power = 1;
  for (unsigned i = 0; i < 255; ++i) {
    tables.exponentials[i] = tables.exponentials[i + 255] = static_cast<std::uint8_t>(power);
    tables.logarithms[power] = static_cast<std::uint8_t>(i);
    power <<= 1;
    if (power > 255) power ^= kFieldPolynomial;
  }
  return tables;
}

constexpr FieldTables kField = make_field();

std::uint8_t product(std::uint8_t a, std::uint8_t b) {
  if (a == 0 || b == 0) return 0;
  return kField.exponentials[kField.logarithms[a] + kField.logarithms[b]];
}

std::uint8_t inverse(std::uint8_t a) {
  return kField.exponentials[255u - kField.logarithms[a]];
}

#ifdef DISPATCH_HAS_SHUFFLE

constexpr std::size_t kShuffled = 16;  // bytes at a time

// A product is the sum of those of a byte's halves, each of which is looked up in a register
// (SSSE3). How many bytes it has done: all but the last few.
__attribute__((target("ssse3"))) std::size_t add_scaled_by_shuffle(std::span<std::byte> to,
                                                                   std::span<const std::byte> from,
                                                                   std::uint8_t factor) {
  alignas(16) std::array<std::uint8_t, kShuffled> low;
  alignas(16) std::array<std::uint8_t, kShuffled> high;
  for (unsigned i = 0; i < kShuffled; ++i) {
    low[i] = product(static_cast<std::uint8_t>(i), factor);
    high[i] = product(static_cast<std::uint8_t>(i << 4), factor);
  }
  const auto lows = _mm_load_si128(reinterpret_cast<const __m128i*>(low.data()));
  const auto highs = _mm_load_si128(reinterpret_cast<const __m128i*>(high.data()));
  const auto half = _mm_set1_epi8(0x0f);
  std::size_t at = 0;
  for (; at + kShuffled <= from.size(); at += kShuffled) {
    const auto bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from.data() + at));
    const auto upper = _mm_and_si128(_mm_srli_epi64(bytes, 4), half);
    const auto scaled = _mm_xor_si128(_mm_shuffle_epi8(lows, _mm_and_si128(bytes, half)),
                                      _mm_shuffle_epi8(highs, upper));
    auto* sum = reinterpret_cast<__m128i*>(to.data() + at);
    _mm_storeu_si128(sum, _mm_xor_si128(_mm_loadu_si128(sum), scaled));
  }
  return at;
}

#endif

void scale(std::span<std::byte> bytes, std::uint8_t factor) {
  for (auto& each : bytes) {
    each = static_cast<std::byte>(product(static_cast<std::uint8_t>(each), factor));
  }
}

}  // namespace

std::uint8_t coefficient(unsigned row, unsigned column) {
  return inverse(static_cast<std::uint8_t>((255 - row) ^ column));
}

void add_scaled(std::span<std::byte> to, std::span<const std::byte> from, std::uint8_t factor) {
  std::size_t done = 0;
#ifdef DISPATCH_HAS_SHUFFLE
  static const bool kHasShuffle = __builtin_cpu_supports("ssse3") != 0;
  if (kHasShuffle && from.size() >= kShuffled) done = add_scaled_by_shuffle(to, from, factor);
#endif
  if (done == from.size()) return;
  std::array<std::uint8_t, 256> multiple;
  for (unsigned i = 0; i < multiple.size(); ++i) {
    multiple[i] = product(static_cast<std::uint8_t>(i), factor);
  }
  for (std::size_t i = done; i < from.size(); ++i) {
    to[i] ^= static_cast<std::byte>(multiple[static_cast<std::uint8_t>(from[i])]);
  }
}

// Gauss and Jordan's elimination. Every leading part of a Cauchy matrix can be inverted, so that no
// pivot is 0.
void solve(std::span<const unsigned> rows, std::span<const unsigned> columns,
           std::span<std::vector<std::byte>> symbols) {
  const auto size = columns.size();
  std::vector<std::vector<std::uint8_t>> matrix(size, std::vector<std::uint8_t>(size));
  for (std::size_t r = 0; r < size; ++r) {
    for (std::size_t c = 0; c < size; ++c) matrix[r][c] = coefficient(rows[r], columns[c]);
  }
  for (std::size_t pivot = 0; pivot < size; ++pivot) {
    const auto factor = inverse(matrix[pivot][pivot]);
    for (auto& each : matrix[pivot]) each = product(each, factor);
    scale(symbols[pivot], factor);
    for (std::size_t r = 0; r < size; ++r) {
      const auto multiple = matrix[r][pivot];
      if (r == pivot || multiple == 0) continue;
      for (std::size_t c = 0; c < size; ++c) matrix[r][c] ^= product(matrix[pivot][c], multiple);
      add_scaled(symbols[r], symbols[pivot], multiple);
    }
  }
}

}  // namespace dispatch::stream
