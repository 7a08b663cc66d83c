// A name server, as a program of a host.
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/async.hpp"
#include "engine/net/runtime.hpp"
#include "engine/net/stream.hpp"
#include "engine/net/time.hpp"
#include "sim/host/dns_behaviour.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dispatch::sim {

// Answers A and AAAA questions over UDP and, where a program listens for them, over TCP (RFC 1035,
// RFC 3596, RFC 7766). Everything can be changed while it runs. Names are compared without case.
class DnsServer {
 public:
  // `runtime` is the host that it runs on.
  explicit DnsServer(net::Runtime& runtime) : runtime_(runtime) {}

  // A name with addresses; families that are not there are "no data". Replaces what was there.
  void add(std::string_view name, std::vector<net::Address> addresses,
           net::Duration ttl = std::chrono::seconds(300));
  void add_alias(std::string_view name, std::string_view target,
                 net::Duration ttl = std::chrono::seconds(300));
  // Names that are not there are NXDOMAIN; this makes one so again.
  void remove(std::string_view name);
  // SERVFAIL for this name.
  void add_failure(std::string_view name);

  // Every name that is not there has these addresses, for no time at all (a portal).
  void set_every_other(std::vector<net::Address> addresses);

  void set_behaviour(const DnsBehaviour& behaviour) { behaviour_ = behaviour; }
  // Towards those who ask from one of `sources`, in place of the above; none: as all others again.
  void set_behaviour(const std::vector<net::Prefix>& sources,
                     const std::optional<DnsBehaviour>& behaviour);
  // Time to think before each answer, where the behaviour has none.
  void set_delay(net::Duration delay) { delay_ = delay; }

  std::uint64_t questions() const { return questions_; }

  // Serves at `local` until it is cancelled. Run it with Host::spawn. The server outlives this.
  net::Task<void> serve(net::Endpoint local);
  // The same over TCP, a question for each connection; ends at once where the port is taken.
  net::Task<void> serve_streams(net::Endpoint local);

 private:
  struct Record {
    std::vector<net::Address> addresses;
    std::string alias;
    net::Duration ttl{};
    bool fails = false;
  };

  const DnsBehaviour& behaviour_to(const net::Address& source) const;
  net::Duration delay_to(const net::Address& source) const;
  // Empty: no answer.
  std::vector<std::byte> answer(std::span<const std::byte> question, const net::Address& source,
                                bool over_tcp);
  net::Task<void> serve_stream(net::StreamPtr stream);

  net::Runtime& runtime_;
  std::map<std::string, Record, std::less<>> records_;
  std::optional<std::vector<net::Address>> every_other_;
  DnsBehaviour behaviour_;
  std::vector<std::pair<net::Prefix, DnsBehaviour>> behaviours_;  // to whom
  net::Duration delay_{};
  std::uint64_t questions_ = 0;
};

}  // namespace dispatch::sim
