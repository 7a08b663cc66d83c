// Names to addresses by asking name servers over the simulated network.
#pragma once

#include "engine/net/resolver.hpp"
#include "engine/net/runtime.hpp"
#include "sim/host/dns_message.hpp"
#include "sim/host/ip_layer.hpp"
#include "sim/host/kernel.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace dispatch::sim {

// As glibc's stub resolver does: A and AAAA are asked at the same time, from a new port for every
// server that is tried; a server has 5 s to answer, then the next is asked, twice around. SERVFAIL,
// REFUSED and an unreachable server make it go on at once. A truncated answer is asked for again
// over TCP, from the same server. It keeps nothing: caches are the
// caller's.
class StubResolver : public net::Resolver {
 public:
  static constexpr net::Duration kTimeout = std::chrono::seconds(5);
  static constexpr int kAttempts = 2;

  // `runtime` is the host that it belongs to.
  StubResolver(Kernel& kernel, IpLayer& ip, net::Runtime& runtime);

  // Addresses of the family that the host can reach come first; IPv6 before IPv4 where it can reach
  // both (RFC 6724).
  net::Task<net::Result<std::vector<net::ResolvedAddress>>> resolve(
      net::ResolveQuery query) override;

  void add_host_name(std::string_view name, std::vector<net::Address> addresses);

 private:
  using Addresses = std::vector<net::ResolvedAddress>;
  struct Question;
  using Questions = std::vector<Question>;

  std::optional<Addresses> known(const std::string& name, const net::ResolveQuery& query) const;
  // A before AAAA or the other way round: in the order in which the addresses shall be tried.
  Questions questions_for(const std::string& name, const net::ResolveQuery& query);
  // The question whose answer was truncated, over TCP (RFC 7766 5).
  net::Task<net::Status> ask_over_tcp(Question& question, net::Egress egress, net::Endpoint server);
  // Asks `server` all that is not settled, until every question is answered. Returns how many
  // answers came.
  net::Task<net::Result<std::size_t>> ask(Questions& questions, net::Egress egress,
                                          net::Endpoint server);

  Kernel& kernel_;
  IpLayer& ip_;
  net::Runtime& runtime_;
  Random& ids_;
  std::map<std::string, std::vector<net::Address>, std::less<>> host_names_;
};

}  // namespace dispatch::sim
