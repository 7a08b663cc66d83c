#include "engine/proxy/dialer.hpp"

#include "engine/net/deadline.hpp"

#include <boost/system/errc.hpp>

namespace dispatch::proxy {
namespace {

using net::Error;
using net::Result;
using net::Task;
namespace errc = boost::system::errc;

// The target's own word travels every link alike; anything else may be the link's fault.
bool is_the_targets_answer(const Error& error) {
  return error == errc::connection_refused || error == errc::connection_reset;
}

}  // namespace

Dialer::Dialer(net::Runtime& runtime, link::LinkSet& links, DialOptions options)
    : runtime_(runtime), links_(links), options_(options) {}

Task<Result<Dialed>> Dialer::dial(Target target) {
  const auto deadline = runtime_.clock().now() + options_.timeout;
  co_return co_await net::with_deadline(runtime_.clock(), deadline, dial_all(std::move(target)));
}

Task<Result<Dialed>> Dialer::dial_all(Target target) {
  auto addresses = co_await addresses_of(target);
  if (!addresses) co_return addresses.error();
  Error last = errc::make_error_code(errc::address_family_not_supported);
  for (const auto& address : *addresses) {
    if (!links_.serves(net::family_of(address))) continue;
    auto dialed = co_await dial_address({address, target.port});
    if (dialed) co_return std::move(dialed);
    last = dialed.error();
    if (net::is_cancelled(last)) break;
  }
  co_return last;
}

Task<Result<std::vector<net::Address>>> Dialer::addresses_of(const Target& target) {
  if (const auto* address = std::get_if<net::Address>(&target.host)) {
    co_return std::vector<net::Address>{*address};
  }
  net::ResolveQuery query;
  query.name = std::get<std::string>(target.host);
  query.v4 = links_.serves(net::Family::v4);
  query.v6 = links_.serves(net::Family::v6);
  auto resolved = co_await runtime_.resolver().resolve(std::move(query));
  if (!resolved) co_return resolved.error();
  std::vector<net::Address> addresses;
  for (const auto& each : *resolved) addresses.push_back(each.address);
  co_return addresses;
}

Task<Result<Dialed>> Dialer::dial_address(net::Endpoint remote) {
  const auto family = net::family_of(remote.address);
  std::vector<link::Link*> tried;
  Error last = errc::make_error_code(errc::address_family_not_supported);
  while (auto* link = links_.choose(family, tried)) {
    tried.push_back(link);
    auto& counters = link->counters();
    ++counters.dials;
    const auto deadline = runtime_.clock().now() + options_.attempt_timeout;
    auto stream = co_await net::with_deadline(
        runtime_.clock(), deadline, runtime_.network().connect(remote, *link->egress(family)));
    if (stream) {
      runtime_.log().debug("{} connected through {}", net::to_string(remote), link->name());
      co_return Dialed{std::move(*stream), link::LinkUse(*link)};
    }
    ++counters.dial_failures;
    last = stream.error();
    runtime_.log().info("{} through {}: {}", net::to_string(remote), link->name(), last.message());
    if (net::is_cancelled(last) || is_the_targets_answer(last)) break;
  }
  co_return last;
}

}  // namespace dispatch::proxy
