#include "engine/proxy/bind.hpp"

#include "engine/net/task_group.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>

namespace dispatch::proxy {
namespace {

using net::Result;
using net::Task;
namespace errc = boost::system::errc;

// Whose connection is waited for; empty: anyone's.
Task<Result<std::vector<net::Address>>> peers_of(Client& client, Target target) {
  std::vector<net::Address> peers;
  if (const auto* address = std::get_if<net::Address>(&target.host)) {
    if (!address->is_unspecified()) peers.push_back(net::unmapped(*address));
    co_return peers;
  }
  net::ResolveQuery query;
  query.name = std::get<std::string>(target.host);
  const auto found = co_await client.in_time(client.runtime().resolver().resolve(std::move(query)));
  if (!found) co_return found.error();
  for (const auto& each : *found) peers.push_back(each.address);
  co_return peers;
}

// Reads what the client sends while it waits, as far as the buffer goes: only so is it noticed that
// the client has gone.
Task<void> watch(Client& client, net::Listener& listener) {
  for (;;) {
    const auto got = co_await client.buffer.fill_from(*client.stream);
    if (got && *got > 0) continue;
    const bool full = !got && got.error() == net::asio::error::no_buffer_space;
    if (!got && !full && !net::is_cancelled(got.error())) listener.close();
    co_return;
  }
}

}  // namespace

Task<Result<Bound>> Bound::open(Client& client, Target target) {
  auto& links = client.service.links;
  auto peers = co_await peers_of(client, std::move(target));
  if (!peers) co_return peers.error();
  auto family = links.serves(net::Family::v4) ? net::Family::v4 : net::Family::v6;
  if (!peers->empty()) {
    const auto served = std::find_if(peers->begin(), peers->end(), [&](const net::Address& peer) {
      return links.serves(net::family_of(peer));
    });
    if (served != peers->end()) family = net::family_of(*served);
    if (served == peers->end()) co_return errc::make_error_code(errc::address_family_not_supported);
  }
  auto* link = links.choose(family);
  if (link == nullptr) co_return errc::make_error_code(errc::address_family_not_supported);
  const auto& egress = *link->egress(family);
  net::ListenOptions options;
  options.backlog = 4;
  options.device = egress.device;
  const net::Endpoint local{egress.source.value_or(net::any_address(family)), 0};
  auto listener = client.runtime().network().listen(local, options);
  if (!listener) co_return listener.error();
  co_return Bound(std::move(*listener), *link, std::move(*peers));
}

bool Bound::may_come(const net::Address& peer) const {
  return expected_.empty() ||
         std::find(expected_.begin(), expected_.end(), net::unmapped(peer)) != expected_.end();
}

Task<Result<net::StreamPtr>> Bound::accept_expected(net::Log& log) {
  for (;;) {
    auto stream = co_await listener_->accept();
    if (!stream) co_return stream.error();
    const auto peer = (*stream)->remote_endpoint();
    if (may_come(peer.address)) co_return std::move(*stream);
    log.info("BIND at {}: {} is not who is waited for", net::to_string(local()),
             net::to_string(peer));
    (*stream)->abort();
  }
}

Task<Result<Dialed>> Bound::accept(Client& client) {
  auto& runtime = client.runtime();
  net::TaskGroup watching(runtime.executor(), nullptr);
  watching.spawn(watch(client, *listener_));
  const auto deadline = runtime.clock().now() + client.service.options.bind_timeout;
  auto stream =
      co_await net::with_deadline(runtime.clock(), deadline, accept_expected(runtime.log()));
  watching.cancel();
  co_await watching.idle();
  listener_->close();
  if (!stream) co_return stream.error();
  co_return Dialed{std::move(*stream), link::LinkUse(*link_)};
}

}  // namespace dispatch::proxy
