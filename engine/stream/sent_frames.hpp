// Data frames that have been sent, for as long as they may be asked for.
#pragma once

#include "engine/net/ring.hpp"
#include "engine/net/time.hpp"
#include "engine/stream/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace dispatch::stream {

class SentFrames {
 public:
  // Forgets what is older than `span`, and the oldest where they are more than `bytes_max`.
  SentFrames(net::Duration span, std::size_t bytes_max) : span_(span), bytes_max_(bytes_max) {}

  // The frame that follows the one before.
  void add(const Frame& frame, net::TimePoint now);

  // As it was sent; its payload lasts until the next add(). Empty: it is not, or no longer, there,
  // or it has been found within `pause`: that one is on its way.
  std::optional<Frame> find(std::uint64_t sequence, net::TimePoint now, net::Duration pause);

  // Below that there is none.
  std::uint64_t first() const { return first_; }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Sent {
    std::uint64_t time = 0;
    net::TimePoint at{};
    net::TimePoint found = net::TimePoint::min();
    std::vector<std::byte> payload{};
  };

  void forget();

  net::Duration span_;
  std::size_t bytes_max_;
  std::uint64_t first_ = 0;
  std::size_t bytes_ = 0;
  net::Ring<Sent> sent_;
  std::vector<std::vector<std::byte>> spare_;  // memory of those that are forgotten
};

}  // namespace dispatch::stream
