// A curve over time, in letters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace dispatch::cli::screen {

// `height` lines of `width` letters (block elements, in UTF-8), the upper one first; the newest
// value stands at the right. A letter's width stands for `values_per_column` values, of which it
// shows the largest. `most` fills the height; values above 0 are never drawn as nothing.
std::vector<std::string> area_graph(const std::vector<std::uint64_t>& values, std::size_t width,
                                    std::size_t height, std::uint64_t most,
                                    std::size_t values_per_column = 1);

// 1, 2 or 5 times `least` times a power of ten: as large as `value` or larger. So that the scale of
// a graph does not change with every value.
std::uint64_t round_scale(std::uint64_t value, std::uint64_t least);

// The same in bits per second, of bytes: at least 10 kbit/s.
std::uint64_t scale_for(std::uint64_t bytes);

}  // namespace dispatch::cli::screen
