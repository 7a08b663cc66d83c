// The kernel's routes.
#pragma once

#include "engine/net/routing.hpp"

namespace dispatch::os {

// Of the network namespace that the calling thread is in. Of the platform (router_*.cpp).
class Router final : public net::Router {
 public:
  net::Result<net::RoutePath> route_to(const net::Address& to, const net::Egress& egress) override;
  net::Result<net::Routing> routing() override;
  net::ReversePathFilter reverse_path_filter(const std::string& device) override;
};

}  // namespace dispatch::os
