// How far a decoder came with what has arrived so far.
#pragma once

#include <cstdint>

namespace dispatch::proxy {

enum class Progress : std::uint8_t { complete, incomplete, invalid };

}  // namespace dispatch::proxy
