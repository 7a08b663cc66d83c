// What the conformance suite asks of a world: two hosts, two links between them, and power over the
// links. Each world (world_os.cpp, world_sim.cpp) is a program of its own with the same cases.
#pragma once

#include "engine/net/runtime.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dispatch::conformance {

// One way from the client to the server: the client's interface and its addresses.
struct Link {
  std::string device;
  net::Address v4;
  net::Address v6;

  net::Address address(net::Family family) const { return family == net::Family::v6 ? v6 : v4; }
};

// What befalls a link, or the way behind it.
enum class Fault : std::uint8_t {
  none,
  dark_up,              // what the client sends is lost, and nobody is told
  dark_down,            // what the server sends is
  dark,                 // both
  down,                 // the interface is set down
  unplugged,            // and removed
  address_removed,      // both families' addresses
  address_changed,      // 10.77.N.2 to .77, fd77:N::2 to ::77
  routes_removed,       // all but those to the interface's own prefixes
  network_unreachable,  // a router says so (ICMP), IPv6: no route
  host_unreachable,     // IPv4 only: a kernel's router has no such word for IPv6
  prohibited,           // administratively
};

// The client has routes to the server and to the dark address, by the first link where nothing else
// is asked, and to nothing else. What is sent from a link's address goes out by that link.
class World {
 public:
  virtual ~World() = default;

  virtual net::Runtime& client() = 0;
  virtual net::Runtime& server() = 0;

  // Runs `body` to its end and throws what it throws. A body that does not end is an error.
  virtual void run(net::Task<void> body) = 0;

  // False: the machine lets us have loopback only. Then links cannot be told apart by device, do
  // not fail, and there are no addresses without a route and none that stay silent.
  virtual bool has_links() const = 0;
  // Whether a router's word may be lost on the way: Linux drops what meets a socket in use.
  virtual bool may_lose_icmp() const = 0;
  virtual const std::vector<Link>& links() const = 0;
  virtual net::Address server_address(net::Family family) const = 0;
  // The server's interface to the client's first link.
  virtual std::string server_device() const = 0;
  // Swallows everything that is sent to it.
  virtual net::Address dark_address(net::Family family) const = 0;
  virtual net::Address unrouted_address(net::Family family) const = 0;

  // At the client: `ip link set DEVICE up` or down.
  virtual void set_up(const Link& link, bool up) = 0;
  // Both directions lose everything, and nobody is told.
  virtual void set_dark(const Link& link, bool dark) = 0;
  // At the client's link, or on the way behind it. Undone with the world.
  virtual void cause(const Link& link, Fault fault) = 0;
  virtual void add_address(const Link& link, const net::Prefix& address) = 0;
  virtual void remove_address(const Link& link, const net::Prefix& address) = 0;

  // The name server, at the server, that the client asks (zone: name_server.hpp) stops answering.
  virtual void set_name_server_silent(bool silent) = 0;
  // Where the questions so far came from.
  virtual std::vector<net::Endpoint> askers() const = 0;

  // Enough to fill every buffer on the way several times, and still quick here.
  virtual std::size_t large_transfer_bytes() const = 0;
  // More than all buffers of one connection hold.
  virtual std::size_t more_than_buffers_bytes() const = 0;
};

// 10.77.N.2 and fd77:N::2 become 10.77.N.77 and fd77:N::77.
net::Address other_address(const net::Address& address);

// Of the program's world.
std::unique_ptr<World> make_world();

}  // namespace dispatch::conformance
