#include "engine/proxy/bind.hpp"

#include "engine/net/task_group.hpp"
#include "engine/proxy/dial_error.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>

namespace dispatch::proxy {
namespace {

using net::Result;
using net::Task;
namespace errc = boost::system::errc;

// Where to listen, and on whose account.
struct Place {
  link::LinkDial dial;
  net::Endpoint local;
  std::string device;
};

struct Waiting {
  Place place;
  std::vector<net::Address> peers;  // who may come; empty: anyone
};

// What the target's name resolves to, as `by` and its servers have it.
Task<Result<std::vector<net::Address>>> look_up(Client& client, const Target& target,
                                                const link::Link& by) {
  auto& dialer = client.service.dialer;
  const auto deadline = client.deadline();
  std::vector<net::Address> found;
  MostTelling failure;
  for (const auto family : {net::Family::v4, net::Family::v6}) {
    NameQuestion question{std::get<std::string>(target.host), family, dialer.ways_of(target, by)};
    auto asking = dialer.names().resolve(std::move(question));
    const auto answer =
        co_await net::with_deadline(client.runtime().clock(), deadline, std::move(asking));
    if (answer) {
      found.insert(found.end(), answer->begin(), answer->end());
    } else {
      failure.add(answer.error());
    }
  }
  if (found.empty()) co_return failure.error();
  co_return found;
}

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
  if (dial.link().upstream()) return errc::make_error_code(errc::operation_not_supported);
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

// Proxies have no sockets for others to come to.
net::Error why_no_turn(Client& client, link::Families families) {
  const auto& links = client.service.links;
  const bool reachable = (families.v4 && links.has_address(net::Family::v4)) ||
                         (families.v6 && links.has_address(net::Family::v6));
  if (reachable) return client.service.dialer.why_none();
  const auto all = links.links();
  const bool only_proxies =
      !all.empty() && std::all_of(all.begin(), all.end(),
                                  [](const link::Link* link) { return bool(link->upstream()); });
  return errc::make_error_code(only_proxies ? errc::operation_not_supported
                                            : errc::address_family_not_supported);
}

Result<Place> dispatched_place(Client& client, const std::vector<net::Address>& peers) {
  auto& links = client.service.links;
  auto family = links.has_address(net::Family::v4) ? net::Family::v4 : net::Family::v6;
  if (!peers.empty()) {
    const auto served = std::find_if(peers.begin(), peers.end(), [&](const net::Address& peer) {
      return links.has_address(net::family_of(peer));
    });
    family = net::family_of(served == peers.end() ? peers.front() : *served);
  }
  const auto families = link::Families::of(family);
  auto turn = links.take_socket_turn({families, client.runtime().clock().now()});
  if (!turn) return why_no_turn(client, families);
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

Result<Waiting> wait_for_address(Client& client, const Target& target) {
  const auto& address = std::get<net::Address>(target.host);
  std::vector<net::Address> peers;
  if (!address.is_unspecified()) peers.push_back(net::unmapped(address));
  const auto route = apply_rules(client.service.dialer.routes(), target, peers);
  if (!route) return route.error();
  auto place = place_for(client, *route, peers);
  if (!place) return place.error();
  return Waiting{std::move(*place), std::move(peers)};
}

// The link whose turn it is also looks the name up.
Task<Result<Waiting>> wait_for_name(Client& client, const Target& target) {
  auto& dialer = client.service.dialer;
  auto& links = client.service.links;
  const auto route = dialer.routes().decide(target);
  if (route.action == RouteAction::refuse) co_return RouteError::refused;
  std::optional<link::Turn> turn;
  if (route.link == nullptr) {
    const auto families = dialer.families_of(target);
    turn = links.take_socket_turn({families, client.runtime().clock().now()});
    if (!turn) co_return why_no_turn(client, families);
  }
  const auto& by = turn ? turn->link() : *route.link;
  auto peers = co_await look_up(client, target, by);
  if (!peers) {
    if (turn) turn->give_back();
    co_return peers.error();
  }
  const auto its = apply_rules(dialer.routes(), target, *peers);
  if (its && turn && its->link == nullptr) {
    const auto served = std::find_if(peers->begin(), peers->end(), [&](const net::Address& peer) {
      return by.egress(net::family_of(peer)).has_value();
    });
    if (served != peers->end()) {
      auto place = place_on(std::move(*turn).dial(), net::family_of(*served));
      if (!place) co_return place.error();
      co_return Waiting{std::move(*place), std::move(*peers)};
    }
  }
  if (turn) turn->give_back();
  turn.reset();
  if (!its) co_return its.error();
  auto place = place_for(client, *its, *peers);
  if (!place) co_return place.error();
  co_return Waiting{std::move(*place), std::move(*peers)};
}

Task<Result<Waiting>> wait_for(Client& client, const Target& target) {
  if (std::holds_alternative<net::Address>(target.host)) co_return wait_for_address(client, target);
  co_return co_await wait_for_name(client, target);
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
  auto waiting = co_await wait_for(client, target);
  if (!waiting) co_return waiting.error();
  auto& [place, peers] = *waiting;
  net::ListenOptions options;
  options.backlog = 4;
  options.device = place.device;
  options.keep_alive = client.service.options.tcp_keep_alive;
  auto listener = client.runtime().network().listen(place.local, options);
  if (!listener) co_return listener.error();
  co_return Bound(std::move(*listener), std::move(place.dial), std::move(peers));
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
