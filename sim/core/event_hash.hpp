// The fingerprint of a run: equal for two runs that did the same things at the same times.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dispatch::sim {

// A rolling hash of numbers. Feed it what happened (times, names, sizes, sequence numbers), never
// addresses of objects, and nothing that logging changes.
class EventHash {
 public:
  void add(std::uint64_t value) {
    state_ = (((state_ << 23) | (state_ >> 41)) ^ value) * 0x9e3779b97f4a7c15;
  }

  std::uint64_t value() const;
  // 16 hexadecimal digits.
  std::string text() const;

 private:
  std::uint64_t state_ = 0x6a09e667f3bcc908;
};

}  // namespace dispatch::sim
