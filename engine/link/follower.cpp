#include "engine/link/follower.hpp"

#include <algorithm>
#include <string>

namespace dispatch::link {
namespace {

std::string addresses_of(const Presence& presence) {
  std::string text;
  for (const auto* egress : {&presence.v4, &presence.v6}) {
    if (!*egress || !(*egress)->source) continue;
    text += (text.empty() ? "" : " and ") + (*egress)->source->to_string();
  }
  return text;
}

}  // namespace

net::Task<void> LinkFollower::run() {
  auto watch = runtime_.interfaces().watch();
  if (!watch) {
    runtime_.log().warning("cannot follow the addresses of the links: {}", watch.error().message());
    co_return;
  }
  for (;;) {
    look();
    if (const auto error = co_await (*watch)->changed()) {
      if (!net::is_cancelled(error)) {
        runtime_.log().warning("the addresses of the links are no longer followed: {}",
                               error.message());
      }
      co_return;
    }
  }
}

void LinkFollower::look() {
  const auto interfaces = runtime_.interfaces().list();
  if (!interfaces) {
    runtime_.log().warning("cannot list this host's interfaces: {}", interfaces.error().message());
    return;
  }
  for (auto* link : links_.links()) follow(*link, *interfaces);
  take_new_ones(*interfaces);
}

void LinkFollower::follow(Link& link, std::span<const net::Interface> interfaces) {
  const auto& bound = link.upstream() ? link.via() : link;
  const auto& attachment = bound.attachment();
  if (!attachment) return;
  const auto before = bound.presence();
  const auto now = presence_of(*attachment, before, interfaces, runtime_.network());
  if (now == before) return;
  links_.set_presence(link, now, runtime_.clock().now());
  if (now.any()) {
    runtime_.log().info("{} goes by {} now", link.name(), addresses_of(now));
  } else {
    runtime_.log().warning("{} has no way out: {}", link.name(), now.why_absent);
  }
  const bool is_there = std::ranges::find(interfaces, attachment->interface,
                                          &net::Interface::name) != interfaces.end();
  if (attachment->automatic && !is_there) links_.retire(link);
}

void LinkFollower::renew(std::optional<LinkSpec> automatic) {
  automatic_ = std::move(automatic);
  const auto all = links_.links();
  for (auto* link : all) {
    if (!link->attachment() || !link->attachment()->automatic) continue;
    auto named = *link->attachment();
    named.automatic = false;
    const bool is_named =
        std::ranges::any_of(all, [&](const Link* other) { return other->attachment() == named; });
    if (!automatic_ || is_named) {
      links_.retire(*link);
    } else {
      links_.set_weight(*link, automatic_->weight);
      links_.set_limits(*link, automatic_->limits, runtime_.clock().now());
    }
  }
  look();
}

void LinkFollower::take_new_ones(std::span<const net::Interface> interfaces) {
  if (!automatic_) return;
  auto links = make_automatic_links(*automatic_, links_.links(), interfaces, runtime_.network());
  for (auto& link : links) {
    runtime_.log().info("{} has come, and goes by {}", link->name(),
                        addresses_of(link->presence()));
    links_.add(std::move(link));
  }
}

}  // namespace dispatch::link
