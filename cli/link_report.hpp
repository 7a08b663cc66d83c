// What `dispatch start` says about its links: before the first connection, and after the last.
#pragma once

#include "engine/link/link.hpp"
#include "engine/net/interfaces.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dispatch::cli {

using Links = std::vector<link::Link*>;

// One row for each address, with its share of the connections of its family.
std::string link_table(const Links& links, std::span<const net::Interface> interfaces);

// Whether some link of a real interface is held by its source address alone, because this process
// may not bind its sockets to the device.
bool lacks_device_binding(const Links& links);

// What each link carried, and `direct` (proxy::Routes) where any connection went that way.
std::string link_summary(const Links& links, const link::Link& direct);

}  // namespace dispatch::cli
