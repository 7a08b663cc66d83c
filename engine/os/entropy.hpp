// The kernel's randomness.
#pragma once

#include "engine/net/entropy.hpp"

namespace dispatch::os {

class Entropy final : public net::Entropy {
 public:
  void fill(std::span<std::byte> bytes) override;
};

}  // namespace dispatch::os
