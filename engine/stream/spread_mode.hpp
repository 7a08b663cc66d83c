// How what goes to one receiver is spread over several links.
#pragma once

#include <cstdint>

namespace dispatch::stream {

enum class SpreadMode : std::uint8_t {
  distribute,  // each datagram by one link, in the proportion of the links' weights
  duplicate,   // by every link: a framed receiver keeps the first to come
};

}  // namespace dispatch::stream
