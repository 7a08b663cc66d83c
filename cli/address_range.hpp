// Ranges of addresses as options take them.
#pragma once

#include "engine/net/address.hpp"

#include <string>

namespace dispatch::cli {

// 192.168.1.0/24, or one address. `option` is named in errors. Throws UsageError.
net::Prefix address_range(const std::string& option, const std::string& text);

}  // namespace dispatch::cli
