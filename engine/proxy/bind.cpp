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
  auto& runtime = client.runtime();
  auto asking = runtime.resolver().resolve(std::move(query));
  const auto found =
      co_await net::with_deadline(runtime.clock(), client.deadline(), std::move(asking));
  if (!found) co_return found.error();
  for (const auto& each : *found) peers.push_back(each.address);
  co_return peers;
}

// Where to listen for them, and on whose account.
struct Place {
  link::LinkDial dial;
  net::Endpoint local;
  std::string device;
};

// Takes away the peers that rules refuse. Where a link is fixed by a rule, it is that of the first
// peer. Errors: RouteError::refused where none is left.
Result<Route> apply_rules(const Routes& routes, const Target& target,
                          std::vector<net::Address>& peers) {
  const bool is_name = std::holds_alternative<std::string>(target.host);
  const auto route = peers.empty() ? routes.decide_for_anyone(target.port) : routes.decide(target);
  if (route.action == RouteAction::refuse) return RouteError::refused;
  if (!is_name || peers.empty()) return route;
  std::optional<Route> first;
  std::erase_if(peers, [&](const net::Address& peer) {
    const auto its = routes.decide(target, peer);
    if (its.action != RouteAction::refuse && !first) first = its;
    return its.action == RouteAction::refuse;
  });
  if (!first) return RouteError::refused;
  return *first;
}

Result<Place> place_on(link::LinkDial dial, net::Family family) {
  const auto egress = dial.link().egress(family);
  if (!egress) return errc::make_error_code(errc::address_family_not_supported);
  return Place{
      std::move(dial), {egress->source.value_or(net::any_address(family)), 0}, egress->device};
}

// The address that this host's own routes would use towards `peer`.
Result<Place> direct_place(Client& client, link::Link& direct, const net::Address& peer) {
  constexpr std::uint16_t kAnyPort = 9;
  net::DatagramOptions probe;
  probe.local = {net::any_address(net::family_of(peer)), 0};
  probe.connect = net::Endpoint{peer, kAnyPort};
  const auto socket = client.runtime().network().open_datagram(probe);
  if (!socket) return socket.error();
  return Place{link::LinkDial(direct), {(*socket)->local_endpoint().address, 0}, {}};
}

Result<Place> dispatched_place(Client& client, const std::vector<net::Address>& peers) {
  auto& links = client.service.links;
  auto family = links.has_address(net::Family::v4) ? net::Family::v4 : net::Family::v6;
  if (!peers.empty()) {
    const auto served = std::find_if(peers.begin(), peers.end(), [&](const net::Address& peer) {
      return links.has_address(net::family_of(peer));
    });
    if (served == peers.end()) return errc::make_error_code(errc::address_family_not_supported);
    family = net::family_of(*served);
  }
  auto turn = links.take_socket_turn({link::Families::of(family), client.runtime().clock().now()});
  if (!turn) return errc::make_error_code(errc::address_family_not_supported);
  return place_on(std::move(*turn).dial(), family);
}

Result<Place> place_for(Client& client, const Route& route,
                        const std::vector<net::Address>& peers) {
  if (route.link == nullptr) return dispatched_place(client, peers);
  const auto& direct = client.service.dialer.routes().direct();
  if (route.link == &direct && !peers.empty()) {
    return direct_place(client, *route.link, peers.front());
  }
  if (route.link == &direct) return dispatched_place(client, peers);
  auto fixed = client.service.links.take_place(*route.link);
  if (!fixed) {
    const bool spent = route.link->allowance() == link::Allowance::spent;
    return spent ? RouteError::spent : RouteError::full;
  }
  return place_on(std::move(*fixed),
                  peers.empty() ? net::Family::v4 : net::family_of(peers.front()));
}

// Reads what the client sends while it waits, as far as the buffer goes: only so is it noticed that
// the client has gone.
Task<void> watch(Client& client, net::Listener& listener) {
  for (;;) {
    const auto got = co_await client.buffer.fill_from(*client.stream, net::kNever);
    if (got && *got > 0) continue;
    const bool full = !got && got.error() == net::asio::error::no_buffer_space;
    if (!got && !full && !net::is_cancelled(got.error())) listener.close();
    co_return;
  }
}

}  // namespace

Task<Result<Bound>> Bound::open(Client& client, Target target) {
  auto peers = co_await peers_of(client, target);
  if (!peers) co_return peers.error();
  const auto route = apply_rules(client.service.dialer.routes(), target, *peers);
  if (!route) co_return route.error();
  auto place = place_for(client, *route, *peers);
  if (!place) co_return place.error();
  net::ListenOptions options;
  options.backlog = 4;
  options.device = place->device;
  options.keep_alive = client.service.options.tcp_keep_alive;
  auto listener = client.runtime().network().listen(place->local, options);
  if (!listener) co_return listener.error();
  co_return Bound(std::move(*listener), std::move(place->dial), std::move(*peers));
}

bool Bound::may_come(const net::Address& peer) const {
  return expected_.empty() ||
         std::find(expected_.begin(), expected_.end(), net::unmapped(peer)) != expected_.end();
}

Task<Result<net::StreamPtr>> Bound::accept_expected(const Routes& routes, net::Log& log) {
  for (;;) {
    auto stream = co_await listener_->accept();
    if (!stream) co_return stream.error();
    const auto peer = (*stream)->remote_endpoint();
    const bool refused =
        expected_.empty() &&
        routes.decide(Target{peer.address, peer.port}).action == RouteAction::refuse;
    if (!refused && may_come(peer.address)) co_return std::move(*stream);
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
  auto expected = accept_expected(client.service.dialer.routes(), runtime.log());
  auto stream = co_await net::with_deadline(runtime.clock(), deadline, std::move(expected));
  watching.cancel();
  co_await watching.idle();
  listener_->close();
  if (!stream) co_return stream.error();
  Dialed dialed{std::move(*stream), link::LinkUse(dial_->link())};
  dial_.reset();
  co_return dialed;
}

}  // namespace dispatch::proxy
