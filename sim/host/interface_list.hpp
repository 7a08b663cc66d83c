// A simulated host's interfaces as its programs see them.
#pragma once

#include "engine/net/condition.hpp"
#include "engine/net/interfaces.hpp"
#include "sim/host/ip_layer.hpp"
#include "sim/host/kernel.hpp"

#include <cstdint>
#include <list>

namespace dispatch::sim {

// Outlives its watches.
class InterfaceList : public net::Interfaces {
 public:
  InterfaceList(Kernel& kernel, IpLayer& ip) : kernel_(kernel), ip_(ip) {}

  net::Result<std::vector<net::Interface>> list() override;
  net::Result<std::unique_ptr<net::InterfaceWatch>> watch() override;

  // Something has changed.
  void notify_all();
  // The programs are gone.
  void kill();

 private:
  class Watch;

  Kernel& kernel_;
  IpLayer& ip_;
  std::list<Watch*> watches_;  // in the order of their making
};

}  // namespace dispatch::sim
