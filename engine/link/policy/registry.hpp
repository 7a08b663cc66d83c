// The policies by their names:
//
//     round-robin    least-connections    sticky,by=client+domain,lifetime=10min
#pragma once

#include "engine/link/policy/policy.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace dispatch::link {

struct LinkSpec;

struct PolicyKind {
  std::string_view name;
  std::string_view summary;  // one line for people, without a full stop
};

// In the order in which they are shown; the first is the default.
std::span<const PolicyKind> policies();

// A policy as people chose it.
struct PolicyChoice {
  std::string text;  // as it was written
  std::string name;  // without its options
  std::function<std::unique_ptr<Policy>()> make;
};

// NAME, then ",OPTION=VALUE"s: of sticky by=PART+PART... (client, domain, host, port, user) and
// lifetime=TIME. weighted-round-robin is round-robin's other name. Throws net::ConfigError.
PolicyChoice parse_policy(std::string_view text);

PolicyChoice default_policy();

// Throws net::ConfigError where a link has an option that means nothing to the policy.
void check_links(const PolicyChoice& policy, std::span<const LinkSpec> links);

}  // namespace dispatch::link
