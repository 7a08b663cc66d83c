#include "engine/os/entropy.hpp"
#include "engine/os/socket.hpp"

#include <boost/system/system_error.hpp>

#include <cerrno>
#include <sys/random.h>

namespace dispatch::os {

void Entropy::fill(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const auto got = ::getrandom(bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    // There is none only where the kernel lacks the call: nothing can go on safely.
    if (got < 0) throw boost::system::system_error(last_error(), "getrandom");
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace dispatch::os
