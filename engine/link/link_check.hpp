// Tests links end to end, for people: binding, routing, names, a connection, a web server's answer.
#pragma once

#include "engine/link/link.hpp"
#include "engine/link/probe.hpp"
#include "engine/link/route_check.hpp"
#include "engine/net/routing.hpp"
#include "engine/net/runtime.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dispatch::link {

struct CheckOptions {
  std::vector<ProbeSpec> targets;  // each is asked through each link; at least one
  net::Duration patience = std::chrono::seconds(5);  // for each step
};

struct CheckStep {
  enum class Outcome : std::uint8_t { skipped, passed, warned, failed };

  Outcome outcome = Outcome::skipped;
  std::string text{};  // how it was, in a word or two: "12 ms", "by eth0", "refused"
};

// A link's address of one family, or the way to its proxy.
struct AddressCheck {
  std::string from;    // the source address, or the proxy's URL without credentials
  std::string device;  // empty: none is known
  CheckStep bind;
  CheckStep route;
  CheckStep names;    // looking up the targets' names
  CheckStep connect;  // the worst of the targets
  CheckStep answer;   // of http://
};

struct LinkCheck {
  std::string name;
  std::vector<AddressCheck> addresses;
  std::vector<Finding> findings;

  // Warnings allowed.
  bool passed() const;
};

// All at the same time. Errors are findings. `links` outlive the task.
net::Task<std::vector<LinkCheck>> run_link_checks(net::Runtime& runtime, net::Router& router,
                                                  std::span<const std::unique_ptr<Link>> links,
                                                  CheckOptions options);

}  // namespace dispatch::link
