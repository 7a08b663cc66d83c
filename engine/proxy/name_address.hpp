// The one address of a name that datagrams go to, where nothing tells which of them answers.
#pragma once

#include "engine/link/link_set.hpp"
#include "engine/net/runtime.hpp"
#include "engine/proxy/happy_eyeballs.hpp"
#include "engine/proxy/name_cache.hpp"

#include <string>
#include <vector>

namespace dispatch::proxy {

// The address that a race of connections (AddressRace) would try first: IPv6, unless the answer
// about it takes longer than that about IPv4 and `resolution_delay`. Both questions are put at the
// same time. Errors: ResolveError, operation_aborted.
net::Task<net::Result<net::Address>> best_address(net::Runtime& runtime, NameCache& names,
                                                  std::string name, link::Families families,
                                                  std::vector<Way> ways,
                                                  HappyEyeballsOptions options);

}  // namespace dispatch::proxy
