#include "engine/proxy/sticky_key.hpp"

#include "engine/link/policy/hash.hpp"
#include "engine/proxy/registered_domain.hpp"
#include "engine/proxy/session_name.hpp"

namespace dispatch::proxy {
namespace {

std::string host_of(const Target& target) {
  if (const auto* address = std::get_if<net::Address>(&target.host)) return address->to_string();
  return std::get<std::string>(target.host);
}

std::string domain_of(const Target& target) {
  const auto host = host_of(target);
  return std::holds_alternative<std::string>(target.host) ? registered_domain(host) : host;
}

}  // namespace

link::StickyKey sticky_key(const link::Isolation& isolation, const StickyParts& parts) {
  const auto& [client, target, user] = parts;
  link::StickyKey key;
  // Each part has a place of its own: a user's name is no domain.
  const auto add = [&key](char place, std::string_view text) {
    key.hash = link::hash_of(text, link::hash_of({&place, 1}, key.hash));
  };
  if (isolation.client)
    add('c', client.path ? *client.path : net::unmapped(client.address).to_string());
  if (isolation.domain) add('d', domain_of(target));
  if (isolation.host) add('h', host_of(target));
  if (isolation.port) add('p', std::to_string(target.port));
  if (isolation.user) {
    const auto name = parse_session_name(user);
    add('u', name.account);
    add('s', name.session);
    key.lifetime = name.lifetime;
  }
  return key;
}

}  // namespace dispatch::proxy
