#include "engine/os/resolver.hpp"

#include "engine/os/dns_channel.hpp"
#include "engine/os/loop.hpp"
#include "engine/os/socket_address.hpp"

#include <ares.h>

#include <algorithm>
#include <cerrno>
#include <sys/stat.h>
#include <utility>

namespace dispatch::os {
namespace {

net::Error error_of(int status) {
  switch (status) {
    case ARES_ENOTFOUND:
      return make_error_code(net::ResolveError::not_found);
    case ARES_ENODATA:
      return make_error_code(net::ResolveError::no_data);
    case ARES_ETIMEOUT:
      return make_error_code(net::ResolveError::timed_out);
    case ARES_EBADNAME:
      return make_error_code(net::ResolveError::bad_name);
    case ARES_ECONNREFUSED:  // also where a question could not be sent at all
      return make_error_code(net::ResolveError::unreachable);
    case ARES_ENOMEM:
      return net::errno_error(ENOMEM);
    case ARES_ECANCELLED:
    case ARES_EDESTRUCTION:
      return cancelled();
    default:
      return make_error_code(net::ResolveError::server_failure);
  }
}

// RFC 1035 2.3.4, with or without the root's dot.
bool can_be_asked(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > 253) return false;
  while (!name.empty()) {
    const auto label = name.substr(0, name.find('.'));
    if (label.empty() || label.size() > 63) return false;
    if (label.size() == name.size()) break;
    name.remove_prefix(label.size() + 1);
    if (name.empty()) return false;
  }
  return true;
}

std::vector<net::ResolvedAddress> addresses_of(const ares_addrinfo& answer) {
  // An address may be kept as long as the aliases that led to it.
  int alias_ttl = std::numeric_limits<int>::max();
  for (const auto* alias = answer.cnames; alias != nullptr; alias = alias->next) {
    alias_ttl = std::min(alias_ttl, alias->ttl);
  }
  std::vector<net::ResolvedAddress> found;
  for (const auto* node = answer.nodes; node != nullptr; node = node->ai_next) {
    net::ResolvedAddress resolved;
    if (node->ai_family == AF_INET) {
      resolved.address = address_of(reinterpret_cast<const sockaddr_in*>(node->ai_addr)->sin_addr);
    } else if (node->ai_family == AF_INET6) {
      const auto* v6 = reinterpret_cast<const sockaddr_in6*>(node->ai_addr);
      resolved.address = address_of(v6->sin6_addr, v6->sin6_scope_id);
    } else {
      continue;
    }
    resolved.ttl = std::chrono::seconds(std::max(0, std::min(node->ai_ttl, alias_ttl)));
    const auto is_known = std::any_of(found.begin(), found.end(), [&](const auto& other) {
      return other.address == resolved.address;
    });
    if (!is_known) found.push_back(resolved);
  }
  return found;
}

}  // namespace

Resolver::Resolver(Loop& loop, ResolverOptions options)
    : loop_(loop), options_(std::move(options)) {}

Resolver::~Resolver() = default;

net::Task<net::Result<std::vector<net::ResolvedAddress>>> Resolver::resolve(
    net::ResolveQuery query) {
  if (!can_be_asked(query.name)) co_return make_error_code(net::ResolveError::bad_name);
  if (!query.v4 && !query.v6) co_return make_error_code(net::ResolveError::no_data);
  forget_channels_if_reconfigured();
  const auto channel = channel_for(query.egress);
  if (!channel) co_return channel.error();
  const int family = !query.v6 ? AF_INET : !query.v4 ? AF_INET6 : AF_UNSPEC;
  const auto answer = (*channel)->ask(query.name, family);
  // c-ares cannot cancel one question: where this task is cancelled its answer finds nobody.
  while (!answer->done) {
    if (const auto error = co_await answer->arrived.wait()) co_return error;
  }
  if (answer->status != ARES_SUCCESS) co_return error_of(answer->status);
  auto addresses = addresses_of(*answer->info);
  if (addresses.empty()) co_return make_error_code(net::ResolveError::no_data);
  co_return addresses;
}

net::Result<std::shared_ptr<DnsChannel>> Resolver::channel_for(const net::Egress& egress) {
  const EgressKey key(egress.source ? egress.source->to_string() : std::string(), egress.device);
  if (const auto known = channels_.find(key); known != channels_.end()) return known->second;
  auto made = DnsChannel::open(loop_, options_, egress);
  if (made != nullptr) return channels_[key] = std::move(made);
  return make_error_code(net::ResolveError::unreachable);
}

void Resolver::forget_channels_if_reconfigured() {
  if (!options_.servers.empty()) return;
  struct stat file {};
  if (::stat("/etc/resolv.conf", &file) != 0) return;
  const auto changed_at =
      std::int64_t{file.st_mtim.tv_sec} * 1'000'000'000 + std::int64_t{file.st_mtim.tv_nsec};
  // Questions under way keep their channel until they are answered.
  if (std::exchange(configured_at_, changed_at) != changed_at) channels_.clear();
}

}  // namespace dispatch::os
