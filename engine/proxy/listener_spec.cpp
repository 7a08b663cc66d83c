#include "engine/proxy/listener_spec.hpp"

#include "engine/net/config_error.hpp"

#include <fmt/format.h>

namespace dispatch::proxy {

std::string to_string(const ListenerSpec& spec) {
  return net::to_string(spec.endpoint);
}

ListenerSpec parse_listener_spec(std::string_view text) {
  const auto endpoint = net::parse_endpoint(text);
  if (!endpoint) {
    throw net::ConfigError(fmt::format(
        "'{}' is not an address with a port, such as 127.0.0.1:1080 or [::1]:1080", text));
  }
  return {*endpoint};
}

bool is_beyond_this_machine(const ListenerSpec& spec) {
  return !spec.endpoint.address.is_loopback();
}

}  // namespace dispatch::proxy
