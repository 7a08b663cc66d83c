// A simulated world: hosts, joined by links to one ideal internet.
#pragma once

#include "engine/net/address.hpp"
#include "sim/host/host.hpp"
#include "sim/host/tcp_observer.hpp"
#include "sim/link/link.hpp"
#include "sim/link/packet.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::sim {

class Internet;
class Nat;
struct CaptivePortalOptions;
struct NatOptions;
class Simulation;

// Builds a topology:
//
//     Simulation simulation(seed);
//     World world(simulation);
//     auto& client = world.add_host("client");
//     world.attach(client, "wifi", {*net::parse_prefix("192.0.2.2/24")}, wifi_options);
//     world.attach(client, "lte", {*net::parse_prefix("198.51.100.2/24")}, lte_options);
//     auto& www = world.add_host("www");
//     world.attach(www, "eth0", {*net::parse_prefix("203.0.113.10/24")},
//                  LinkOptions::symmetric({.delay = 8ms}));
//     client.spawn(program(client));
//     simulation.run();
//
// The internet sends each packet to the link whose host has its destination address, so answers to
// the address of "wifi" come back through the down direction of "wifi".
class World {
 public:
  explicit World(Simulation& simulation);
  // Destroys every coroutine that still waits, then the hosts.
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Names are unique: std::invalid_argument.
  Host& add_host(std::string name, HostOptions options = {});

  // Gives `host` an interface with these addresses (each with its own host part), routes to their
  // prefixes and a default route per address family, of a metric higher than those of the
  // interfaces attached before (100, 200, ...). The link is called "HOST/INTERFACE".
  Link& attach(Host& host, std::string_view interface, std::vector<net::Prefix> addresses,
               const LinkOptions& options);

  // In the order of their making. Null where there is none of that name.
  Host* find_host(std::string_view name) const;
  Link* find_link(std::string_view name) const;
  const std::vector<std::unique_ptr<Host>>& hosts() const { return hosts_; }
  const std::vector<std::unique_ptr<Link>>& links() const { return links_; }

  // What happens to packets for an address that nobody has (default: ICMP host unreachable).
  enum class UnknownDestination : std::uint8_t { host_unreachable, network_unreachable, silent };
  void set_unknown_destination(UnknownDestination what);
  // Whether the internet drops packets whose source address is not of the link that they come from
  // (BCP 38). Default: it does.
  void set_ingress_filter(bool on);

  // From now on a router at the internet's end of `link` forwards nothing to or from the host, and
  // answers every packet with that ICMP error; none: it forwards. ICMP errors are not answered.
  void set_refusal(const Link& link, std::optional<IcmpUnreachable::Reason> reason);

  // From now on all IPv4 that `link` carries is translated at its end; the host's own addresses are
  // not known in the internet.
  Nat& set_nat(const Link& link, const NatOptions& options);
  // The link's NAT forgets its mappings and has another external address. std::invalid_argument:
  // there is none.
  void rebind(const Link& link, const net::Address& external);
  // From now on who comes by `link` meets a portal; none: has signed in.
  void set_portal(const Link& link, const std::optional<CaptivePortalOptions>& options);

  // Hears of every step of every host's TCP connections; null for nobody. For hosts there are now.
  void set_tcp_observer(TcpObserver* observer);
  // Each TCP socket of each host but listeners, in the order of their making.
  void visit_tcp(const std::function<void(const TcpView&)>& visitor) const;

  Simulation& simulation() const { return simulation_; }
  PacketPool& packets() { return packets_; }

 private:
  friend class Host;

  Simulation& simulation_;
  PacketPool packets_;  // outlives all that holds packets
  std::unique_ptr<Internet> internet_;
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<std::unique_ptr<Host>> hosts_;
};

}  // namespace dispatch::sim
