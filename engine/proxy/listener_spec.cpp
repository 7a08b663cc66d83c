#include "engine/proxy/listener_spec.hpp"

#include "engine/net/config_error.hpp"

#include <fmt/format.h>

namespace dispatch::proxy {

namespace {

void parse_options(std::string_view options, std::string_view whole, ListenerSpec& spec) {
  for (;;) {
    const auto comma = options.find(',');
    const auto option = options.substr(0, comma);
    if (option == "tls") {
      spec.entrance.tls_only = true;
    } else if (option == "accept-proxy") {
      spec.entrance.accept_proxy = true;
    } else {
      throw net::ConfigError(fmt::format(
          "'{}': '{}' is not an option of a listener (tls, accept-proxy)", whole, option));
    }
    if (comma == std::string_view::npos) return;
    options.remove_prefix(comma + 1);
  }
}

}  // namespace

std::string to_string(const ListenerSpec& spec) {
  auto text = net::to_string(spec.endpoint);
  if (spec.entrance.tls_only) text += ",tls";
  if (spec.entrance.accept_proxy) text += ",accept-proxy";
  return text;
}

ListenerSpec parse_listener_spec(std::string_view text) {
  const auto comma = text.find(',');
  const auto endpoint = net::parse_endpoint(text.substr(0, comma));
  if (!endpoint) {
    throw net::ConfigError(fmt::format(
        "'{}' is not an address with a port, such as 127.0.0.1:1080 or [::1]:1080", text));
  }
  ListenerSpec spec{*endpoint};
  if (comma != std::string_view::npos) parse_options(text.substr(comma + 1), text, spec);
  return spec;
}

bool is_beyond_this_machine(const ListenerSpec& spec) {
  return !spec.endpoint.address.is_loopback();
}

}  // namespace dispatch::proxy
