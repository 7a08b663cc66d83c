// Links go by the addresses that their interfaces have at the moment.
#pragma once

#include "engine/link/link_set.hpp"
#include "engine/link/link_spec.hpp"
#include "engine/net/runtime.hpp"

#include <optional>

namespace dispatch::link {

// On one event loop, for all that share the links. Both outlive this.
class LinkFollower {
 public:
  // `automatic`: see automatic_spec.
  LinkFollower(net::Runtime& runtime, LinkSet& links, std::optional<LinkSpec> automatic)
      : runtime_(runtime), links_(links), automatic_(std::move(automatic)) {}

  // Links lose their addresses and get others as the kernel tells of it; with `auto`, they come and
  // go with their interfaces. Until it is cancelled; once.
  net::Task<void> run();

  // Another `automatic`: links of interfaces that have been named since, or of none at all, retire.
  void renew(std::optional<LinkSpec> automatic);

 private:
  void look();
  void follow(Link& link, std::span<const net::Interface> interfaces);
  void take_new_ones(std::span<const net::Interface> interfaces);

  net::Runtime& runtime_;
  LinkSet& links_;
  std::optional<LinkSpec> automatic_;
};

}  // namespace dispatch::link
