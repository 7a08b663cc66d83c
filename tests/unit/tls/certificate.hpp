// Certificates for tests, made when they are asked for.
#pragma once

#include "engine/tls/identity.hpp"

#include <string>

namespace dispatch::tls {

// Of the host `name`, valid for an hour.
Identity make_identity(const std::string& name);

// The same key, encrypted with a password.
Pem encrypted(const Pem& key);

}  // namespace dispatch::tls
