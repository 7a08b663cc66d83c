// What `dispatch list` shows.
#pragma once

#include "engine/net/interfaces.hpp"

#include <span>
#include <string>

namespace dispatch::cli {

// For people, at most 80 columns wide: every interface and address, those that connections cannot
// be dispatched to with the reason why.
std::string interface_table(std::span<const net::Interface> interfaces, bool styled);

// The same facts as a JSON array, with a line break at its end.
std::string interface_json(std::span<const net::Interface> interfaces);

}  // namespace dispatch::cli
