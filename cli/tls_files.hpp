// The certificate and the key of the proxy, from the files that --tls-cert and --tls-key name.
#pragma once

#include "engine/tls/context.hpp"

#include <memory>
#include <string>

namespace dispatch::cli {

// `key` may be empty: the key is with the certificate. Null where neither is given. Complains where
// others may read the key. Throws UsageError and net::ConfigError.
std::shared_ptr<const tls::Context> tls_context(const std::string& certificate,
                                                const std::string& key);

}  // namespace dispatch::cli
