#include "engine/net/accept_loop.hpp"

#include <boost/system/errc.hpp>

namespace dispatch::net {
namespace {

// Long enough for connections to end and give descriptors back, short enough to go unnoticed.
constexpr Duration kBackOff = std::chrono::milliseconds(100);

bool is_exhaustion(const Error& error) {
  namespace errc = boost::system::errc;
  return error == errc::too_many_files_open || error == errc::too_many_files_open_in_system ||
         error == errc::no_buffer_space || error == errc::not_enough_memory;
}

}  // namespace

Task<void> accept_loop(Runtime& runtime, Listener& listener,
                       std::function<void(StreamPtr)> accepted,
                       std::function<Task<Status>()> ready) {
  for (;;) {
    if (ready && co_await ready()) co_return;
    auto stream = co_await listener.accept();
    if (stream) {
      accepted(std::move(*stream));
      continue;
    }
    if (is_cancelled(stream.error())) co_return;
    const bool exhausted = is_exhaustion(stream.error());
    if (exhausted) {
      runtime.log().warning("cannot accept a connection: {}; going on as soon as one ends",
                            stream.error().message());
    } else {
      runtime.log().debug("a connection was lost before it was accepted: {}",
                          stream.error().message());
    }
    // Also after other errors: none may turn this loop into a busy one.
    if (co_await runtime.clock().sleep_for(exhausted ? kBackOff : kBackOff / 100)) co_return;
  }
}

}  // namespace dispatch::net
