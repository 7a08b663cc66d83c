// The part of a name that its owner has registered.
#pragma once

#include <string>
#include <string_view>

namespace dispatch::proxy {

// "shop.example.co.uk": "example.co.uk", by the Public Suffix List that libpsl has. Case and a dot
// at the end do not matter. A name that is a public suffix itself, or has one label, is its own.
std::string registered_domain(std::string_view name);

}  // namespace dispatch::proxy
