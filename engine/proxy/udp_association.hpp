// SOCKS5 UDP ASSOCIATE (RFC 1928 4 and 7): datagrams between a client and any number of targets.
#pragma once

#include "engine/proxy/client.hpp"
#include "engine/proxy/race.hpp"
#include "engine/proxy/udp_batch.hpp"
#include "engine/proxy/udp_flow.hpp"
#include "engine/proxy/udp_names.hpp"
#include "engine/proxy/udp_outlets.hpp"
#include "engine/proxy/udp_upstream.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace dispatch::proxy {

// Relays for as long as the client's TCP connection lives. A flow (the datagrams to and from one
// target) is on the link whose turn it was at its first datagram. It moves to another one when the
// kernel says that it cannot send, or when connections have found its link to be down.
//
// Only the client is listened to: its address is that of its TCP connection, and its port the one
// that its request names, if with that very address; a client that does not know its address, or is
// behind a translator, has the port from which its first datagram comes. A port that has been
// silent for as long as a flow may be is given up for another of the same address.
//
// Nothing waits here: what cannot be sent at once is dropped, as a router does it, and counted.
class UdpAssociation {
 public:
  // Opens a socket for the client at the address at which it has reached the proxy. `said` is what
  // its request says it will send from. Errors: operation_not_supported (no link carries
  // datagrams), Network::open_datagram's.
  static net::Result<std::unique_ptr<UdpAssociation>> open(Client& client, const Target& said);
  ~UdpAssociation();
  UdpAssociation(const UdpAssociation&) = delete;
  UdpAssociation& operator=(const UdpAssociation&) = delete;

  // Where the client has to send to.
  net::Endpoint relay() const { return socket_->local_endpoint(); }

  // Ends with the client's connection, from which nothing else is expected.
  net::Task<void> serve();

 private:
  UdpAssociation(Client& client, net::DatagramPtr socket, net::Endpoint expected);

  // From the client to targets.
  void from_client();
  bool is_client(const net::DatagramIn& in);
  void take_from_client(std::span<const std::byte> datagram);
  UdpFlow* flow_to(const socks5::UdpSplit& split);
  UdpFlow* flow_to(const net::Endpoint& target);
  void add(UdpFlow& flow, std::span<const std::byte> payload);
  void flush_to_targets();
  void count_sent(UdpOutlet& outlet, std::span<const net::DatagramOut> taken);
  void send(UdpOutlet& outlet, std::span<const net::DatagramOut> out,
            std::vector<link::Link*> tried);
  void leave_dead_link(UdpFlow& flow);
  bool place(UdpFlow& flow, std::vector<link::Link*>& tried);
  bool put_on(UdpFlow& flow, const UdpOutlets::Choice& choice, std::vector<link::Link*>& tried);
  bool move(UdpFlow& flow, std::vector<link::Link*>& tried, const net::Error& why);
  net::Task<void> look_up(std::string name);
  // Through other proxies (udp_association_upstream.cpp).
  net::Task<void> serve_upstream(std::shared_ptr<UdpUpstream> upstream);
  net::Task<net::Result<net::Endpoint>> open_upstream(UdpUpstream& upstream);
  void upstream_opened(UdpUpstream& upstream);
  void upstream_failed(UdpUpstream& upstream, const net::Error& why);
  void send_again(const std::vector<UdpUpstream::Waiting>& waiting);
  void hold_or_send(UdpOutlet& outlet, std::span<const net::DatagramOut> out);
  struct Found {
    UdpFlow* flow = nullptr;  // null: the datagrams are dropped
    UdpDrop why = UdpDrop::unresolved;
  };
  // `first`: to be tried before all other links.
  Found open_flow(const net::Endpoint& target, const Route& route,
                  std::optional<UdpOutlets::Choice> first = std::nullopt);
  Found open_named_flow(std::span<const std::byte> destination, const UdpOutlets::Choice& choice);
  UdpDrop why_unplaced(const std::string& target, const Route& route, link::Families families);
  net::Task<Found> flow_to_name(std::span<const std::byte> destination, const Target& target);
  std::optional<UdpOutlets::Choice> choose_for(const Route& route, link::Families families,
                                               std::span<link::Link* const> tried);
  Found found(const Target& target, const net::Address& address, UdpOutlets::Choice& choice);
  bool may_log();
  void log_failure(const std::string& target, const link::Link& link, const net::Error& why);
  void log_refusal(const std::string& target, const Route& route);

  // From targets to the client.
  void from_target(UdpOutlet& outlet);
  // Whose datagram it is, and what the client is told of its sender.
  struct Sender {
    UdpFlow* flow = nullptr;  // null: it is dropped
    std::span<const std::byte> header{};
    UdpDrop why = UdpDrop::unasked;
  };
  Sender sender_from(UdpOutlet& outlet, const net::Endpoint& source);
  // Takes the header of the proxy's relay off.
  Sender sender_from_upstream(UdpOutlet& outlet, std::span<const std::byte>& datagram);
  Sender begun_from_outside(UdpOutlet& outlet, const net::Endpoint& source);
  void flush_to_client(UdpOutlet& outlet, std::size_t count);

  void expire();
  void watch_time();
  void forget(UdpFlow& flow);
  void keep_limits();

  Service& service_;
  net::Stream& control_;
  net::Endpoint peer_;
  net::DatagramPtr socket_;
  net::Endpoint client_;  // port 0: not known yet
  net::TimePoint client_heard_{};
  net::TimePoint active_;
  net::TimePoint now_{};  // of the batch
  std::shared_ptr<UdpBatch> batch_;
  UdpFlowTable flows_;
  UdpFlow* last_sent_ = nullptr;
  UdpFlow* last_received_ = nullptr;
  UdpOutlets outlets_;
  UdpNames names_;
  std::unique_ptr<net::Timer> timer_;
  bool timing_ = false;
  std::uint64_t lines_logged_ = 0;
  bool fullness_told_ = false;
  UdpCounters counters_;
  Race look_ups_;
};

}  // namespace dispatch::proxy
