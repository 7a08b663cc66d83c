#include "engine/proxy/server.hpp"

#include "engine/link/usage_keeper.hpp"
#include "engine/net/accept_loop.hpp"
#include "engine/net/deadline.hpp"
#include "engine/proxy/session.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>
#include <utility>

namespace dispatch::proxy {
namespace {

std::function<void(std::exception_ptr)> logs_to(net::Runtime& runtime) {
  return [&runtime](std::exception_ptr exception) {
    try {
      std::rethrow_exception(exception);
    } catch (const std::exception& error) {
      runtime.log().error("internal error, one connection ended: {}", error.what());
    }
  };
}

const char* why_turned_away(const net::Error& error, const Entrance& entrance) {
  if (error != boost::system::errc::permission_denied) {
    return "it has as many connections as one client may have";
  }
  return entrance.accept_proxy ? "it may not say for whom it connects"
                               : "its address is not allowed";
}

// As long as the policy wants it. `running` outlives this.
net::Task<void> sample_rates(net::Runtime& runtime, link::LinkSet& links, bool& running) {
  for (;;) {
    const auto error = co_await runtime.clock().sleep_for(link::LinkSet::kSampleInterval);
    running = !error && links.traits().wants_samples;
    if (!running) co_return;
    links.sample(runtime.clock().now());
  }
}

// Sessions become relays.
net::Task<void> until_idle(net::TaskGroup& sessions, Relays& relays) {
  if (const auto error = co_await sessions.idle()) co_return;
  co_await relays.idle();
}

}  // namespace

Server::Server(net::Runtime& runtime, link::LinkSet& links, ServerOptions options)
    : runtime_(runtime),
      options_(std::move(options)),
      admission_(std::make_shared<Admission>(options_.admission)),
      queue_(*admission_, runtime.executor()),
      service_(runtime, options_, links, std::make_shared<ClientRates>(options_.client_rates),
               std::make_shared<TargetPlaces>(options_.connections_per_target_max),
               logs_to(runtime)),
      dead_links_(runtime, links, service_.connections, options_.dead_link_timeout),
      acceptors_(runtime.executor(), logs_to(runtime)),
      watchers_(runtime.executor(), logs_to(runtime)),
      sessions_(runtime.executor(), logs_to(runtime)) {
  links.set_health_options(link::health_options_of(options_.monitor, options_.health));
}

Server::Server(net::Runtime& runtime, Server& first)
    : runtime_(runtime),
      is_first_(false),
      options_(first.options_),
      admission_(first.admission_),
      queue_(*admission_, runtime.executor()),
      service_(runtime, options_, first.service_.links, first.service_.shaper.shared_clients(),
               first.service_.target_places, logs_to(runtime)),
      dead_links_(runtime, service_.links, service_.connections, options_.dead_link_timeout),
      acceptors_(runtime.executor(), logs_to(runtime)),
      watchers_(runtime.executor(), logs_to(runtime)),
      sessions_(runtime.executor(), logs_to(runtime)) {
  for (const auto& each : first.listeners_) {
    auto shared = each.listener->share(runtime.network()).value();
    listeners_.push_back({each.spec, std::move(shared), false, nullptr});
    if (is_beyond_this_machine(each.spec)) service_.dialer.routes().expose();
  }
}

net::Result<ListenerSpec> Server::open(ListenerSpec spec) {
  auto& network = runtime_.network();
  if (!spec.path.empty()) spec.entrance.path = std::make_shared<const std::string>(spec.path);
  net::ListenOptions tcp;
  tcp.keep_alive = options_.tcp_keep_alive;
  auto listener = spec.path.empty() ? network.listen(spec.endpoint, tcp)
                                    : network.listen_local(spec.path, {.mode = spec.mode});
  if (!listener) return listener.error();
  spec.endpoint = (*listener)->local_endpoint();
  if (is_beyond_this_machine(spec)) service_.dialer.routes().expose();
  listeners_.push_back({spec, std::move(*listener), false, nullptr});
  return spec;
}

net::Result<net::Endpoint> Server::listen(const net::Endpoint& local) {
  auto spec = open({local});
  if (!spec) return spec.error();
  return spec->endpoint;
}

void Server::start() {
  for (auto& listening : listeners_) {
    if (std::exchange(listening.accepts, true)) continue;
    acceptors_.spawn(net::accept_loop(
        runtime_, *listening.listener,
        [this, &listening](net::StreamPtr client) { admit(std::move(client), listening); },
        [this, &listening] { return room_at(listening); }));
  }
  if (std::exchange(started_, true)) return;
  watchers_.spawn(service_.dialer.routes().follow_interfaces());
  watchers_.spawn(service_.connections.end_silent_ones(runtime_));
  link_watch_ =
      service_.links.watch(runtime_.executor(), [this](link::Link& link) { link_changed(link); });
  if (is_first_) watchers_.spawn(keep_usage());
  sample_where_wanted();
  if (!options_.health) return;
  watchers_.spawn(dead_links_.run());
  if (is_first_) watchers_.spawn(monitor_links());
}

void Server::sample_where_wanted() {
  if (!is_first_ || samples_ || !service_.links.traits().wants_samples) return;
  samples_ = true;
  watchers_.spawn(sample_rates(runtime_, service_.links, samples_));
}

void Server::link_changed(link::Link& link) {
  auto& connections = service_.connections;
  connections.end_stranded_ones(link, runtime_);
  connections.limits_changed(&link);
  if (link.ends_connections()) connections.end_all_of(link, "its data cap is used", runtime_);
}

// One for all event loops.
net::Task<void> Server::keep_usage() {
  link::UsageKeeper keeper(runtime_, service_.links, options_.usage_store.get());
  co_await keeper.run();
}

// One for all event loops.
net::Task<void> Server::monitor_links() {
  link::Monitor monitor(runtime_, service_.links, options_.monitor);
  co_await monitor.run();
}

// Who waits already comes before who is accepted next.
net::Task<net::Status> Server::room_at(Listening& listening) {
  for (;;) {
    if (const auto error = co_await queue_.room()) co_return error;
    if (!listening.waiting) co_return net::Status{};
    admit(std::exchange(listening.waiting, nullptr), listening);
  }
}

void Server::admit(net::StreamPtr client, Listening& listening) {
  const auto& entrance = listening.spec.entrance;
  const Peer peer(client->remote_endpoint(), entrance.path);
  auto place = place_for(peer, entrance);
  if (place) {
    sessions_.spawn(serve_client(service_, std::move(client), entrance, std::move(*place)));
    return;
  }
  if (place.error() == boost::system::errc::resource_unavailable_try_again) {
    listening.waiting = std::move(client);
    return;
  }
  ++service_.counters.turned_away;
  runtime_.log().info("{}: turned away: {}", to_string(peer),
                      why_turned_away(place.error(), entrance));
  client->abort();
}

// Behind a proxy, the client is known later. Who may open a Unix-domain socket, its file says.
net::Result<Admission::Place> Server::place_for(const Peer& peer, const Entrance& entrance) {
  if (entrance.path) return admission_->enter_unknown();
  const auto address = net::unmapped(peer.address);
  if (!entrance.accept_proxy) return admission_->enter(address);
  const auto& trusted = options_.trusted_proxies;
  if (std::none_of(trusted.begin(), trusted.end(),
                   [&](const net::Prefix& prefix) { return prefix.contains(address); })) {
    return boost::system::errc::make_error_code(boost::system::errc::permission_denied);
  }
  return admission_->enter_unknown();
}

void Server::renew(const Renewal& renewal) {
  service_.dialer.routes().replace(renewal.routes);
  options_.dial.routes = renewal.routes;
  options_.tls = renewal.tls;
  options_.accounts = renewal.accounts;
  // Of all event loops, but each has connections of its own.
  service_.shaper.clients().set(renewal.client_rates, runtime_.clock().now());
  service_.target_places->set_most(renewal.connections_per_target_max);
  service_.connections.limits_changed(nullptr);
  if (started_) sample_where_wanted();
}

net::Task<void> Server::stop(net::Duration drain) {
  for (auto& listening : listeners_) listening.listener->close();
  acceptors_.cancel();
  co_await acceptors_.idle();
  for (auto& listening : listeners_) {
    if (listening.waiting) listening.waiting->abort();
  }
  listeners_.clear();
  service_.quiet_clients.dismiss();
  const auto deadline = runtime_.clock().now() + drain;
  co_await net::run_until(runtime_.clock(), deadline, until_idle(sessions_, service_.relays));
  reset_all();
  co_await sessions_.idle();
  co_await service_.relays.idle();
  watchers_.cancel();
  co_await watchers_.idle();
}

void Server::reset_all() {
  sessions_.cancel();
  service_.relays.reset_all();
}

ServerCounters Server::counters() const {
  auto counters = service_.counters;
  counters.live = admission_->live();
  return counters;
}

ServerView Server::view(std::size_t connections_max) const {
  return {counters(), service_.connections.view(connections_max, runtime_.clock().now())};
}

}  // namespace dispatch::proxy
