// Where clients come in, as users write it: 127.0.0.1:1080, [::1]:1080.
#pragma once

#include "engine/net/address.hpp"

#include <string>
#include <string_view>

namespace dispatch::proxy {

struct ListenerSpec {
  net::Endpoint endpoint;

  friend bool operator==(const ListenerSpec&, const ListenerSpec&) = default;
};

// The inverse of parse_listener_spec.
std::string to_string(const ListenerSpec& spec);

// ADDRESS:PORT; port 0 takes a free one. Throws net::ConfigError.
ListenerSpec parse_listener_spec(std::string_view text);

// Whether other machines may reach it.
bool is_beyond_this_machine(const ListenerSpec& spec);

}  // namespace dispatch::proxy
