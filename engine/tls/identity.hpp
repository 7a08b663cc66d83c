// Certificates that are made here: for simulated worlds and for tests.
#pragma once

#include "engine/net/time.hpp"
#include "engine/tls/context.hpp"

#include <chrono>
#include <span>
#include <string>

namespace dispatch::tls {

struct Identity {
  Pem certificate;
  Pem key;
};

// Signed by itself, of the hosts `names` (names or addresses, at least one), valid from an hour ago
// for `validity` from now. Ed25519: the sizes of its signatures, and so of the packets of a
// simulation, are always the same. Throws std::runtime_error where OpenSSL cannot.
Identity make_identity(std::span<const std::string> names,
                       net::Duration validity = std::chrono::hours(1));

}  // namespace dispatch::tls
