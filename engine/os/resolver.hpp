// Names to addresses, as this machine is configured: the hosts file, then DNS, with c-ares.
#pragma once

#include "engine/net/resolver.hpp"
#include "engine/os/resolver_options.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <memory>

namespace dispatch::os {

class DnsChannel;
struct Loop;

// The questions of each egress have sockets of their own. Addresses come in c-ares's order, which
// is RFC 6724's where their reachability is known. An address from the hosts file has a TTL of 0.
// A change of /etc/resolv.conf is honoured from the next question on.
class Resolver final : public net::Resolver {
 public:
  Resolver(Loop& loop, ResolverOptions options);
  ~Resolver() override;

  net::Task<net::Result<std::vector<net::ResolvedAddress>>> resolve(
      net::ResolveQuery query) override;

 private:
  using EgressKey = std::pair<std::string, std::string>;  // source, device

  net::Result<std::shared_ptr<DnsChannel>> channel_for(const net::Egress& egress);
  void forget_channels_if_reconfigured();

  Loop& loop_;
  ResolverOptions options_;
  std::int64_t configured_at_ = 0;  // when /etc/resolv.conf was changed, nanoseconds
  std::map<EgressKey, std::shared_ptr<DnsChannel>> channels_;
};

}  // namespace dispatch::os
