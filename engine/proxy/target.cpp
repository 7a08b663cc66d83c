#include "engine/proxy/target.hpp"

namespace dispatch::proxy {

std::string to_string(const Target& target) {
  if (const auto* address = std::get_if<net::Address>(&target.host)) {
    return net::to_string(net::Endpoint{*address, target.port});
  }
  return std::get<std::string>(target.host) + ":" + std::to_string(target.port);
}

}  // namespace dispatch::proxy
