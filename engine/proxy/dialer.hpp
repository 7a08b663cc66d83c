// Reaching a target through one of the links.
#pragma once

#include "engine/link/link_set.hpp"
#include "engine/net/runtime.hpp"
#include "engine/proxy/target.hpp"

#include <memory>
#include <string>

namespace dispatch::proxy {

struct DialOptions {
  net::Duration timeout = std::chrono::seconds(30);          // for all of it
  net::Duration attempt_timeout = std::chrono::seconds(10);  // for one connection attempt
};

// An established connection and the link that it uses.
struct Dialed {
  net::StreamPtr stream;
  link::LinkUse use;
};

class Dialer {
 public:
  Dialer(net::Runtime& runtime, link::LinkSet& links, DialOptions options);

  // Looks the name up, then tries each address of the families that the links serve, in turn; an
  // attempt that fails for a reason of the link's (not the target's refusal) is made again on
  // another link. Errors: of the last attempt, or the resolver's; address_family_not_supported
  // where no link serves a family of the target.
  net::Task<net::Result<Dialed>> dial(Target target);

 private:
  net::Task<net::Result<Dialed>> dial_all(Target target);
  net::Task<net::Result<std::vector<net::Address>>> addresses_of(const Target& target);
  net::Task<net::Result<Dialed>> dial_address(net::Endpoint remote);

  net::Runtime& runtime_;
  link::LinkSet& links_;
  DialOptions options_;
};

}  // namespace dispatch::proxy
