#include "engine/traffic/udp_echo.hpp"

#include <array>
#include <vector>

namespace dispatch::traffic {

net::Task<void> echo_datagrams(net::Runtime& runtime, net::Endpoint local) {
  constexpr std::size_t kDatagramMax = 65'535;
  net::DatagramOptions options;
  options.local = local;
  auto socket = runtime.network().open_datagram(options);
  if (!socket) {
    runtime.log().error("echo: cannot listen at {}: {}", net::to_string(local),
                        socket.error().message());
    co_return;
  }
  std::vector<std::byte> buffer(kDatagramMax);
  for (;;) {
    std::array<net::DatagramIn, 1> in{};
    in[0].buffer = buffer;
    const auto received = co_await (*socket)->receive(in);
    if (!received && received.error() == net::asio::error::operation_aborted) co_return;
    if (!received) continue;  // of a datagram sent before, to somebody who is gone
    const std::array<net::DatagramOut, 1> out{{{in[0].data(), in[0].from}}};
    // What cannot be sent now is lost, as datagrams are.
    co_await (*socket)->send(out);
  }
}

}  // namespace dispatch::traffic
