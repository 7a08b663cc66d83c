#include "engine/traffic/pattern.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace dispatch::traffic {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);

// The words of a stream in the order of their positions.
class Words {
 public:
  Words(std::uint64_t key, std::uint64_t position)
      : state_(key * 0xd1342543de82ef95u + position * kStep) {}

  std::uint64_t next() {
    state_ += kStep;
    auto value = state_;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    value ^= value >> 31;
    if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
    return value;
  }

 private:
  static constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15u;
  std::uint64_t state_;
};

// Calls `part(bytes of the stream, where in the buffer)` for the two ends of the range that are no
// whole words, and `word(value, where)` for the words between them.
template <typename Part, typename Word>
void walk(std::uint64_t key, std::uint64_t offset, std::size_t size, Part part, Word word) {
  Words words(key, offset / kWord);
  std::size_t at = 0;
  const auto piece = [&](std::size_t skip, std::size_t count) {
    const auto value = words.next();
    part(reinterpret_cast<const std::byte*>(&value) + skip, at, count);
    at += count;
  };
  if (const auto skip = offset % kWord; skip > 0 && size > 0) {
    piece(skip, std::min(kWord - skip, size));
  }
  for (; size - at >= kWord; at += kWord) word(words.next(), at);
  if (at < size) piece(0, size - at);
}

}  // namespace

void Pattern::make(std::span<std::byte> buffer) {
  auto* to = buffer.data();
  walk(
      key_, offset_, buffer.size(),
      [to](const std::byte* bytes, std::size_t at, std::size_t count) {
        std::memcpy(to + at, bytes, count);
      },
      [to](std::uint64_t word, std::size_t at) { std::memcpy(to + at, &word, kWord); });
  offset_ += buffer.size();
}

bool Pattern::check(std::span<const std::byte> bytes) {
  const auto* from = bytes.data();
  std::uint64_t wrong = 0;  // bits
  walk(
      key_, offset_, bytes.size(),
      [&](const std::byte* expected, std::size_t at, std::size_t count) {
        wrong |= std::memcmp(expected, from + at, count) != 0;
      },
      [&](std::uint64_t expected, std::size_t at) {
        std::uint64_t word = 0;
        std::memcpy(&word, from + at, kWord);
        wrong |= word ^ expected;
      });
  offset_ += bytes.size();
  return wrong == 0;
}

}  // namespace dispatch::traffic
