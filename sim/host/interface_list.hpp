// A simulated host's interfaces as its programs see them.
#pragma once

#include "engine/net/condition.hpp"
#include "engine/net/interfaces.hpp"
#include "engine/net/routing.hpp"
#include "sim/host/ip_layer.hpp"
#include "sim/host/kernel.hpp"

#include <cstdint>
#include <list>

namespace dispatch::sim {

// Outlives its watches. It is the host's net::Router, too: a simulated host has no gateways (an
// interface leads to what its link leads to), one table, and filters nothing.
class InterfaceList : public net::Interfaces, public net::Router {
 public:
  InterfaceList(Kernel& kernel, IpLayer& ip) : kernel_(kernel), ip_(ip) {}

  net::Result<std::vector<net::Interface>> list() override;
  net::Result<std::unique_ptr<net::InterfaceWatch>> watch() override;

  net::Result<net::RoutePath> route_to(const net::Address& to, const net::Egress& egress) override;
  net::Result<net::Routing> routing() override;
  net::ReversePathFilter reverse_path_filter(const std::string& /*device*/) override {
    return net::ReversePathFilter::off;
  }

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
