// Why a stream could not begin, or had to end.
#pragma once

#include <stdexcept>

namespace dispatch::stream {

// The world does not play along (a busy port, an unknown name, a full disk); what() is one line.
class StreamError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace dispatch::stream
