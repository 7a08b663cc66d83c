#include "engine/proxy/routes.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dispatch::proxy {
namespace {

using net::Address;

class RouteCategory : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "dispatch.route"; }
  std::string message(int value) const override {
    switch (static_cast<RouteError>(value)) {
      case RouteError::full:
        return "every link has as many connections as it may have";
      case RouteError::switched_off:
        return "every link is switched off";
      case RouteError::spent:
        return "every link that could be used has used its data cap";
      case RouteError::target_full:
        return "it has as many connections as one target may have";
      case RouteError::refused:
        break;
    }
    return "not allowed by the rules of this proxy";
  }
  boost::system::error_condition default_error_condition(int value) const noexcept override {
    namespace errc = boost::system::errc;
    if (value != static_cast<int>(RouteError::refused)) return {value, *this};
    return errc::make_error_condition(errc::permission_denied);
  }
};

bool is_broadcast(const Address& address) {
  return address.is_v4() && address.to_v4() == net::AddressV4::broadcast();
}

// RFC 6761 6.3.
bool is_localhost(std::string_view canonical) {
  return canonical == "localhost" || canonical.ends_with(".localhost");
}

// A scope says by which interface a link-local address is meant, not whose it is.
Address without_scope(const Address& address) {
  return address.is_v6() ? Address(net::AddressV6(address.to_v6().to_bytes())) : address;
}

link::Link* find_link(const link::LinkSet& links, const RouteRule& rule) {
  std::string names;
  for (auto* link : links.links()) {
    if (link->name() == rule.link) return link;
    names += (names.empty() ? "" : ", ") + link->name();
  }
  throw net::ConfigError(
      fmt::format("{}'{}': '{}' is neither direct, refuse, dispatch nor one of the links ({})",
                  rule.place.empty() ? "" : rule.place + ": ", rule.text, rule.link, names));
}

bool is_loopback_link(const link::Link& link, std::span<const net::Interface> interfaces) {
  for (const auto family : {net::Family::v4, net::Family::v6}) {
    const auto egress = link.egress(family);
    if (!egress || !egress->source) continue;
    if (egress->source->is_loopback()) return true;
    for (const auto& interface : interfaces) {
      if (!interface.loopback) continue;
      for (const auto& own : interface.addresses) {
        if (own.address == *egress->source) return true;
      }
    }
  }
  return false;
}

}  // namespace

const boost::system::error_category& route_category() {
  static const RouteCategory category;
  return category;
}

Routes::Routes(net::Runtime& runtime, link::LinkSet& links, std::vector<RouteRule> rules)
    : runtime_(runtime), links_(links) {
  replace(std::move(rules));
}

void Routes::replace(std::vector<RouteRule> rules) {
  std::vector<link::Link*> rule_links;
  for (const auto& rule : rules) {
    rule_links.push_back(rule.action == RouteAction::link ? find_link(links_, rule) : nullptr);
  }
  rules_ = std::move(rules);
  rule_links_ = std::move(rule_links);
  list_interfaces();
}

void Routes::list_interfaces() {
  const auto interfaces = runtime_.interfaces().list();
  if (!interfaces) {
    runtime_.log().warning("cannot list this host's addresses: {}", interfaces.error().message());
    return;
  }
  own_addresses_.clear();
  for (const auto& interface : *interfaces) {
    for (const auto& own : interface.addresses) {
      own_addresses_.push_back(without_scope(own.address));
    }
  }
  links_reach_this_host_ = std::ranges::any_of(
      links_.links(), [&](const link::Link* link) { return is_loopback_link(*link, *interfaces); });
}

net::Task<void> Routes::follow_interfaces() {
  auto watch = runtime_.interfaces().watch();
  if (!watch) {
    runtime_.log().warning("cannot follow this host's addresses: {}", watch.error().message());
    co_return;
  }
  for (;;) {
    list_interfaces();
    if (const auto error = co_await (*watch)->changed()) co_return;
  }
}

Route Routes::decide(const Target& target) const {
  Subject subject;
  subject.port = target.port;
  if (const auto* address = std::get_if<Address>(&target.host)) {
    subject.address = net::unmapped(*address);
  } else {
    subject.name = canonical_name(std::get<std::string>(target.host));
  }
  return decide(subject);
}

Route Routes::decide(const Target& target, const Address& resolved) const {
  Subject subject;
  subject.port = target.port;
  if (const auto* name = std::get_if<std::string>(&target.host)) {
    subject.name = canonical_name(*name);
  }
  subject.address = net::unmapped(resolved);
  return decide(subject);
}

Route Routes::decide_for_anyone(std::uint16_t port) const {
  Subject subject;
  subject.port = port;
  return decide(subject);
}

Route Routes::decide(const Subject& subject) const {
  const auto* rule = first_fit(subject);
  const bool names_the_place =
      rule != nullptr && (rule->range || (!rule->name.empty() && !rule->with_subdomains));
  const bool refuses = rule != nullptr && rule->action == RouteAction::refuse;
  if (refuses && !subject.address && an_address_may_be_let_through(subject, rule)) {
    return {RouteAction::direct, &direct(), rule->text};
  }
  if (!refuses && !names_the_place) {
    if (const auto route = rule_of_this_host(subject)) return *route;
  }
  return rule != nullptr ? route_of(*rule) : Route{};
}

Route Routes::route_of(const RouteRule& rule) const {
  switch (rule.action) {
    case RouteAction::direct:
      return {RouteAction::direct, &direct(), rule.text};
    case RouteAction::link:
      return {RouteAction::link, rule_links_[static_cast<std::size_t>(&rule - rules_.data())],
              rule.text};
    case RouteAction::dispatch:
    case RouteAction::refuse:
      break;
  }
  return {rule.action, nullptr, rule.text};
}

bool Routes::fits(const RouteRule& rule, const Subject& subject) const {
  if (!rule.has_port(subject.port)) return false;
  if (rule.range) return subject.address && rule.range->contains(without_scope(*subject.address));
  return rule.name.empty() || (!subject.name.empty() && rule.has_name(subject.name));
}

const RouteRule* Routes::first_fit(const Subject& subject) const {
  const auto rule = std::find_if(rules_.begin(), rules_.end(),
                                 [&](const RouteRule& each) { return fits(each, subject); });
  return rule == rules_.end() ? nullptr : &*rule;
}

bool Routes::an_address_may_be_let_through(const Subject& subject, const RouteRule* before) const {
  return std::any_of(rules_.data(), before, [&](const RouteRule& each) {
    return each.range && each.action != RouteAction::refuse && each.has_port(subject.port);
  });
}

bool Routes::is_this_host(const Subject& subject) const {
  if (!subject.address) return is_localhost(subject.name);
  const auto address = without_scope(*subject.address);
  return address.is_loopback() || address.is_unspecified() ||
         std::find(own_addresses_.begin(), own_addresses_.end(), address) != own_addresses_.end();
}

std::optional<Route> Routes::rule_of_this_host(const Subject& subject) const {
  const bool here = is_this_host(subject);
  const bool link_local = subject.address && net::is_link_local(*subject.address);
  if (exposed_) {
    const bool many =
        subject.address && (subject.address->is_multicast() || is_broadcast(*subject.address));
    if (here) return Route{RouteAction::refuse, nullptr, "a target on this host"};
    if (link_local) return Route{RouteAction::refuse, nullptr, "a link-local target"};
    if (many) return Route{RouteAction::refuse, nullptr, "a target that is many hosts"};
    return std::nullopt;
  }
  if (here && !links_reach_this_host_) {
    return Route{RouteAction::direct, &direct(), "a target on this host"};
  }
  if (link_local) return Route{RouteAction::direct, &direct(), "a link-local target"};
  return std::nullopt;
}

}  // namespace dispatch::proxy
