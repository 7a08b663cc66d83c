// Every kind of session that the proxy serves.
#pragma once

#include "tests/unit/proxy/fault_world.hpp"

#include <span>

namespace dispatch::proxy {

std::span<const Session> socks_sessions();
std::span<const Session> http_sessions();

}  // namespace dispatch::proxy
