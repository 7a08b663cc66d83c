// An IP packet on its way through the simulated world.
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/async.hpp"
#include "sim/core/payload.hpp"
#include "sim/tcp/segment.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

namespace dispatch::sim {

class EventHash;
class PacketPool;
struct Packet;

struct UdpDatagram {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  Slice payload;
};

// ICMP (RFC 792) or ICMPv6 (RFC 4443) destination unreachable.
struct IcmpUnreachable {
  // too_big: ICMP fragmentation needed (RFC 1191), ICMPv6 packet too big (RFC 8201).
  // The prohibited are, for IPv4, codes 13 (RFC 1812 5.2.7.1), 9 and 10 (RFC 1122 3.2.2.1); IPv6
  // has one code for them.
  enum class Reason : std::uint8_t {
    network,
    host,
    port,
    prohibited,
    too_big,
    network_prohibited,
    host_prohibited,
  };
  enum class Protocol : std::uint8_t { tcp, udp };

  Reason reason = Reason::host;
  // Of the packet that could not be delivered, as its sender wrote it.
  Protocol protocol = Protocol::tcp;
  net::Endpoint source;
  net::Endpoint destination;
  std::uint32_t tcp_sequence = 0;  // the error must belong to what is in flight (RFC 5927 4.1)
  std::uint32_t quoted_size = 0;   // bytes of it that are quoted
  std::uint32_t mtu = 0;           // too_big: what would have passed

  // The error that Linux gives to the socket (icmp_err_convert, icmpv6_err_convert).
  net::Error error() const;
  // Whether it is one that a connected UDP socket is told of without having asked for such (Linux:
  // "fatal" in the same tables): not that a network or a host is out of reach for now.
  bool is_hard() const { return reason != Reason::network && reason != Reason::host; }
  // Whether TCP takes it for a sign of a broken path, for now (RFC 6069 4.1; Linux: of ICMPv6 only
  // that there is no route).
  bool breaks_path() const {
    return reason == Reason::network || (reason == Reason::host && source.address.is_v4());
  }
};

// The two bits of RFC 3168 5, as they stand in the header.
enum class Ecn : std::uint8_t { not_ect = 0, ect_1 = 1, ect_0 = 2, ce = 3 };

using Transport = std::variant<tcp::Segment, UdpDatagram, IcmpUnreachable>;

struct PacketReturn {
  void operator()(Packet* packet) const;
};

struct Packet {
  static constexpr std::uint8_t kInitialTtl = 64;

  net::Address source;
  net::Address destination;
  std::uint8_t ttl = kInitialTtl;
  Ecn ecn = Ecn::not_ect;   // a queue that would drop an ECT packet may mark it ce in its place
  bool fragmented = false;  // stands for its fragments together: see measure()
  bool corrupted = false;  // arrives, and the checksum of its receiver is wrong: no one hears of it
  Transport transport;

  // On the wire, IP header (20 or 40 bytes) included. A datagram longer than the MTU counts the
  // headers of all its fragments: see fragmented_size().
  std::uint32_t size = 0;

  // Sets `size` and `fragmented` from the rest, for a path of this MTU.
  void measure(std::uint32_t mtu);

  void add_to(EventHash& hash) const;

  // Another of the same pool that says the same.
  std::unique_ptr<Packet, PacketReturn> copy() const;

 private:
  friend class PacketPool;
  PacketPool* pool_ = nullptr;
  friend struct PacketReturn;
};

// Goes back to its pool, which must outlive it.
using PacketPtr = std::unique_ptr<Packet, PacketReturn>;

// Packets are used again and again: the steady state allocates none.
class PacketPool {
 public:
  PacketPtr make();
  // Packets of this pool that are under way.
  std::size_t in_use() const { return all_.size() - idle_.size(); }

 private:
  friend struct PacketReturn;
  std::vector<std::unique_ptr<Packet>> all_;
  std::vector<Packet*> idle_;
};

}  // namespace dispatch::sim
