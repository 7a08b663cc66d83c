// Certificates for tests, made when they are asked for.
#pragma once

#include "engine/tls/context.hpp"

#include <string>

namespace dispatch::tls {

struct Identity {
  Pem certificate;
  Pem key;
};

// Signed by itself, of the host `name`, valid now. Ed25519: the sizes of its signatures, and so of
// the packets of a simulation, are always the same.
Identity make_identity(const std::string& name);

// The same key, encrypted with a password.
Pem encrypted(const Pem& key);

}  // namespace dispatch::tls
