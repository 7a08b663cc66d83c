// The kernel's network interfaces.
#pragma once

#include "engine/net/interfaces.hpp"

namespace dispatch::os {

struct Loop;

class Interfaces final : public net::Interfaces {
 public:
  explicit Interfaces(Loop& loop) : loop_(loop) {}

  net::Result<std::vector<net::Interface>> list() override;

  // Of the platform (interface_watch_*.cpp).
  net::Result<std::unique_ptr<net::InterfaceWatch>> watch() override;

 private:
  Loop& loop_;
};

}  // namespace dispatch::os
