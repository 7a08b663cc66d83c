// Randomness: the kernel's in `os`, a named seeded stream in `sim`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace dispatch::net {

class Entropy {
 public:
  virtual ~Entropy() = default;

  // Fit for secrets in `os`.
  virtual void fill(std::span<std::byte> bytes) = 0;

  std::uint64_t next() {
    std::uint64_t value = 0;
    fill(std::as_writable_bytes(std::span(&value, 1)));
    return value;
  }
};

}  // namespace dispatch::net
