#include "engine/link/renew_links.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::link {
namespace {

const LinkSpec* find_spec(std::span<const LinkSpec> specs, const std::string& name) {
  const auto found =
      std::ranges::find_if(specs, [&](const LinkSpec& each) { return name_of(each) == name; });
  return found == specs.end() ? nullptr : &*found;
}

// A context of TLS is made anew with each reading: what it is made of counts.
LinkSpec without_changeable(LinkSpec spec) {
  spec.weight = 1;
  spec.limits = {};
  if (spec.upstream) spec.upstream->tls = nullptr;
  return spec;
}

void tell(std::string& text, const std::string& what) {
  text += (text.empty() ? "" : ", ") + what;
}

}  // namespace

std::string LinkRenewal::summary() const {
  std::string text;
  for (const auto& link : added) tell(text, link->name() + " added");
  for (const auto* link : retired) tell(text, link->name() + " retired");
  for (const auto& [link, weight] : weights) {
    tell(text, fmt::format("{} has weight {}", link->name(), weight));
  }
  for (const auto& [link, limit] : limits) tell(text, link->name() + " has other limits");
  return text;
}

// Those that come first: at no moment is there none.
void LinkRenewal::apply_to(LinkSet& links, net::TimePoint now) && {
  for (auto& link : added) links.add(std::move(link));
  for (auto* link : retired) links.retire(*link);
  for (const auto& [link, weight] : weights) links.set_weight(*link, weight);
  for (const auto& [link, limit] : limits) links.set_limits(*link, limit, now);
}

LinkRenewal renew_links(const LinkSet& links, std::span<const LinkSpec> before,
                        std::span<const LinkSpec> after, std::span<const net::Interface> interfaces,
                        net::Network& network) {
  LinkRenewal renewal;
  // All of them, since what is wrong may be that two are the same way out.
  auto made = make_links(after, interfaces, network);
  std::vector<const LinkSpec*> kept;
  for (auto* link : links.links()) {
    if (link->attachment() && link->attachment()->automatic) continue;
    const auto* was = find_spec(before, link->name());
    const auto* is = find_spec(after, link->name());
    if (was == nullptr || is == nullptr || without_changeable(*was) != without_changeable(*is)) {
      renewal.retired.push_back(link);
      continue;
    }
    kept.push_back(is);
    if (link->limits() != is->limits) renewal.limits.emplace_back(link, is->limits);
    if (link->weight() != is->weight) renewal.weights.emplace_back(link, is->weight);
  }
  auto next = made.begin();
  for (const auto& spec : after) {
    if (spec.target == kAutomatic) continue;
    auto& link = *next++;
    if (std::ranges::find(kept, &spec) == kept.end()) renewal.added.push_back(std::move(link));
  }
  return renewal;
}

}  // namespace dispatch::link
