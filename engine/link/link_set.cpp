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
  policy_->take_back(*link_, candidates_);
}

template <typename Able>
std::optional<Turn> LinkSet::take_turn_of(Able is_able, std::span<Link* const> tried) {
  std::vector<bool> able;
  able.reserve(links_.size());
  std::vector<Link*> candidates;
  candidates.reserve(links_.size());
  for (const auto& link : links_) {
    able.push_back(is_able(*link));
    if (!able.back() || link->is_full()) continue;
    if (std::find(tried.begin(), tried.end(), link.get()) != tried.end()) continue;
    candidates.push_back(link.get());
  }
  if (candidates.empty()) return std::nullopt;
  const std::scoped_lock lock(choosing_);
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

Link* LinkSet::choose(net::Family family, std::span<Link* const> tried) {
  const auto turn = take_socket_turn(Families::of(family), tried);
  return turn ? &turn->link() : nullptr;
}

bool LinkSet::serves(net::Family family) const {
  return std::any_of(links_.begin(), links_.end(),
                     [&](const auto& link) { return link->serves(family); });
}

bool LinkSet::has_address(net::Family family) const {
  return std::any_of(links_.begin(), links_.end(),
                     [&](const auto& link) { return link->egress(family).has_value(); });
}

bool LinkSet::is_full(Families families) const {
  return std::all_of(links_.begin(), links_.end(), [&](const auto& link) {
    return !(Families::of(*link) & families).any() || link->is_full();
  });
}

}  // namespace dispatch::link
