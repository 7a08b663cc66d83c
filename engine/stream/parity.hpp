// Forward error correction: after so many data frames, parity frames from which as many that are
// lost can be computed, without asking anybody.
//
//      0      1      2      3     4
//     +------+------+------+-----+------------------
//     | data | row  | rows | 0   | symbol
//     +------+------+------+-----+------------------
//
// The payload of a frame of kind parity. Its sequence number is that of the first data frame of its
// group, `data` how many there are. The symbol is a parity symbol (erasure_code.hpp) of those of
// the data frames: the length of the payload (16 bit), the frame's time (64 bit), the payload, and
// zeros up to the longest of the group.
#pragma once

#include "engine/net/time.hpp"
#include "engine/stream/erasure_code.hpp"
#include "engine/stream/frame.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace dispatch::stream {

inline constexpr std::size_t kParityHeaderBytes = 4;
inline constexpr std::size_t kSymbolHeaderBytes = 10;

// What a group of data frames and its parity come to.
struct ParityShape {
  unsigned data = 0;    // frames of a group at most, 1 to kColumnsMost; 0: there is no parity
  unsigned parity = 0;  // of each group, 1 to kRowsMost
  net::Duration within = std::chrono::milliseconds(20);  // a group is not open for longer

  friend bool operator==(const ParityShape&, const ParityShape&) = default;
};

struct ParityFrame {
  std::uint64_t first = 0;
  unsigned data = 0;
  unsigned row = 0;
  unsigned rows = 0;
  std::span<const std::byte> symbol{};
};

// Empty: it is none.
std::optional<ParityFrame> decode_parity(const Frame& frame);

using SymbolHeader = std::array<std::byte, kSymbolHeaderBytes>;
SymbolHeader symbol_header(std::uint64_t time, std::size_t payload_bytes);

// A data frame from a symbol. Empty: the symbol makes no sense.
std::optional<Frame> frame_of_symbol(std::span<const std::byte> symbol);

// The sender's side: sums up the group that is open.
class ParityMaker {
 public:
  explicit ParityMaker(const ParityShape& shape);

  // Whether a payload is short enough: its parity has to fit a datagram too.
  static bool fits(std::size_t payload_bytes);

  // The frame that follows the one before; it fits.
  void add(const Frame& frame, net::TimePoint now);
  bool empty() const { return count_ == 0; }
  // Whether the group is to be closed.
  bool is_due(net::TimePoint now) const {
    return count_ == shape_.data || (count_ != 0 && now >= due());
  }
  // When it is, at the latest. Not of an empty one.
  net::TimePoint due() const { return begun_ + shape_.within; }

  // Payloads of the group's parity frames, whose sequence number is first(). They last until the
  // next add(), which begins a new group.
  std::span<const std::vector<std::byte>> close();
  std::uint64_t first() const { return first_; }

 private:
  ParityShape shape_;
  std::uint64_t first_ = 0;
  unsigned count_ = 0;
  net::TimePoint begun_{};
  std::vector<std::vector<std::byte>> payloads_;
};

}  // namespace dispatch::stream
