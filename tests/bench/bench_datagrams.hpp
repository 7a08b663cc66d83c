// Datagrams through a SOCKS5 proxy, to a socket that counts them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dispatch::bench {

struct Datagrams {
  double sent = 0;
  double received = 0;
  double seconds = 0;
};

// `count` datagrams with `payload` bytes each, one way. So many are under way at a time that no
// queue overflows. `coalesced`: the sender hands over several in one piece (UDP_SEGMENT), as QUIC
// stacks do.
Datagrams send_datagrams(std::uint16_t proxy, std::size_t payload, int count, bool coalesced);

}  // namespace dispatch::bench
