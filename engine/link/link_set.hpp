// The links of one dispatcher, and the choice among them.
#pragma once

#include "engine/link/link.hpp"
#include "engine/link/policy.hpp"

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace dispatch::link {

class LinkSet {
 public:
  // A policy for each family, since a link may have addresses of one family only: the shares hold
  // for each family by itself.
  using MakePolicy = std::function<std::unique_ptr<Policy>()>;

  LinkSet(std::vector<std::unique_ptr<Link>> links, const MakePolicy& make_policy);

  // The link for the next connection to an address of `family`, not one of `tried`; null where
  // there is none.
  Link* choose(net::Family family, std::span<Link* const> tried = {});

  // Whether any link has an address of `family`.
  bool serves(net::Family family) const;

  const std::vector<std::unique_ptr<Link>>& links() const { return links_; }

 private:
  std::vector<std::unique_ptr<Link>> links_;
  std::unique_ptr<Policy> policy_v4_;
  std::unique_ptr<Policy> policy_v6_;
};

}  // namespace dispatch::link
