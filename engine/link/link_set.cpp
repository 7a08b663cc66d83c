#include "engine/link/link_set.hpp"

#include <algorithm>

namespace dispatch::link {

LinkSet::LinkSet(std::vector<std::unique_ptr<Link>> links, const MakePolicy& make_policy)
    : links_(std::move(links)), policy_v4_(make_policy()), policy_v6_(make_policy()) {}

Link* LinkSet::choose(net::Family family, std::span<Link* const> tried) {
  std::vector<Link*> candidates;
  candidates.reserve(links_.size());
  for (const auto& link : links_) {
    if (!link->egress(family)) continue;
    if (std::find(tried.begin(), tried.end(), link.get()) != tried.end()) continue;
    candidates.push_back(link.get());
  }
  if (candidates.empty()) return nullptr;
  return &(family == net::Family::v6 ? policy_v6_ : policy_v4_)->choose(candidates);
}

bool LinkSet::serves(net::Family family) const {
  return std::any_of(links_.begin(), links_.end(),
                     [&](const auto& link) { return link->egress(family).has_value(); });
}

}  // namespace dispatch::link
