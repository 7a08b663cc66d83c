#include "engine/stream/connect_output.hpp"

#include "engine/stream/back_off.hpp"

#include <utility>

namespace dispatch::stream {

ConnectOutput::ConnectOutput(Hub& hub, net::Runtime& runtime, std::string name, Slowness slowness,
                             Connector connector)
    : ByteOutput(hub, runtime, std::move(name), slowness), connector_(std::move(connector)) {}

net::Task<void> ConnectOutput::run() {
  BackOff back_off(runtime().entropy());
  for (;;) {
    auto stream = co_await connector_.connect();
    net::Error error;
    if (stream) {
      runtime().log().info("{}: connected", name());
      back_off.reset();
      error = co_await serve(**stream);
    } else {
      error = stream.error();
    }
    if (net::is_cancelled(error)) co_return;
    const auto delay = back_off.next();
    runtime().log().warning("{}: {}; the next attempt is in {} ms", name(), error.message(),
                            delay / std::chrono::milliseconds(1));
    if (co_await runtime().clock().sleep_for(delay)) co_return;
  }
}

}  // namespace dispatch::stream
