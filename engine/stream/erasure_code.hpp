// Symbols from which others that are missing can be computed: a Cauchy code over GF(256).
//
// Parity symbol r of data symbols d is the sum of coefficient(r, c) * d[c] over the columns c.
// Every square part of the matrix can be inverted, so that any m parity symbols make good any m
// missing data symbols (J. Bloemer et al., "An XOR-based erasure-resilient coding scheme", 1995).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dispatch::stream {

inline constexpr unsigned kColumnsMost = 128;
inline constexpr unsigned kRowsMost = 64;

// Never 0.
std::uint8_t coefficient(unsigned row, unsigned column);

// Adds `factor` * `from` to the beginning of `to`, which is at least as long.
void add_scaled(std::span<std::byte> to, std::span<const std::byte> from, std::uint8_t factor);

// `symbols[i]` is the parity symbol of `rows[i]`, less the share of all columns that are known; all
// have one length. They become the symbols of `columns`, which are as many, in their order.
void solve(std::span<const unsigned> rows, std::span<const unsigned> columns,
           std::span<std::vector<std::byte>> symbols);

}  // namespace dispatch::stream
