#include "engine/link/link_set.hpp"

#include <algorithm>

namespace dispatch::link {

LinkSet::LinkSet(std::vector<std::unique_ptr<Link>> links, MakePolicy make_policy)
    : links_(std::move(links)), make_policy_(std::move(make_policy)) {
  for (const auto family : {net::Family::v4, net::Family::v6}) {
    direct_.set_egress(family, net::kAnyEgress);
  }
}

void Turn::give_back() {
  const std::scoped_lock lock(set_->choosing_);
  policy_->take_back(link(), candidates_);
}

template <typename Able>
std::optional<Turn> LinkSet::take_turn_of(Able is_able, std::span<Link* const> tried) {
  std::vector<bool> able;
  able.reserve(links_.size());
  std::vector<Link*> candidates;
  candidates.reserve(links_.size());
  const std::scoped_lock lock(choosing_);
  for (const auto& link : links_) {
    able.push_back(is_able(*link));
    if (!able.back() || link->is_full()) continue;
    if (std::find(tried.begin(), tried.end(), link.get()) != tried.end()) continue;
    candidates.push_back(link.get());
  }
  if (candidates.empty()) return std::nullopt;
  auto& policy = policies_[std::move(able)];
  if (!policy) policy = make_policy_();
  return Turn(*this, *policy, std::move(candidates));
}

std::optional<Turn> LinkSet::take_turn(Families families, std::span<Link* const> tried) {
  return take_turn_of([&](const Link& link) { return (Families::of(link) & families).any(); },
                      tried);
}

std::optional<Turn> LinkSet::take_socket_turn(Families families, std::span<Link* const> tried) {
  return take_turn_of(
      [&](const Link& link) { return (Families::of_sockets(link) & families).any(); }, tried);
}

std::optional<Turn> LinkSet::take_datagram_turn(Families families, std::span<Link* const> tried) {
  return take_turn_of(
      [&](const Link& link) { return (Families::of_datagrams(link) & families).any(); }, tried);
}

bool LinkSet::carries_datagrams() const {
  return std::any_of(links_.begin(), links_.end(),
                     [&](const auto& link) { return Families::of_datagrams(*link).any(); });
}

std::optional<LinkDial> LinkSet::take_place(Link& link) {
  const std::scoped_lock lock(choosing_);
  if (link.is_full()) return std::nullopt;
  return LinkDial(link);
}

bool LinkSet::serves(net::Family family) const {
  return std::any_of(links_.begin(), links_.end(),
                     [&](const auto& link) { return link->serves(family); });
}

bool LinkSet::has_address(net::Family family) const {
  return std::any_of(links_.begin(), links_.end(),
                     [&](const auto& link) { return link->egress(family).has_value(); });
}

}  // namespace dispatch::link
