// Every kind of session that the proxy serves.
#pragma once

#include "tests/unit/proxy/fault_world.hpp"

#include <span>

namespace dispatch::proxy {

std::span<const Session> socks_sessions();
std::span<const Session> http_sessions();
// Some of these, within TLS, behind another proxy, at a path.
std::span<const Session> entrance_sessions();
// Some of these, to targets that are told who the client is, by rules, through other proxies.
std::span<const Session> way_out_sessions();

// One of socks_sessions() or http_sessions(), by its name.
const Session& session_of(std::string_view name);

}  // namespace dispatch::proxy
