#include "engine/proxy/udp_association.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace dispatch::proxy {

using net::Task;
namespace errc = boost::system::errc;

namespace {

// A client that came by no address (a Unix socket) is on this host.
net::Address address_or_loopback(const net::Address& address) {
  if (address.is_unspecified()) return net::loopback_address(net::Family::v4);
  return net::unmapped(address);
}

Task<void> read_to_end(net::Stream& stream) {
  std::array<std::byte, 64> ignored;
  for (;;) {
    const auto got = co_await stream.read_some(ignored);
    if (!got || *got == 0) co_return;
  }
}

}  // namespace

net::Result<std::unique_ptr<UdpAssociation>> UdpAssociation::open(Client& client,
                                                                  const Target& said) {
  const auto& links = client.service.links;
  if (!links.carries_datagrams()) return errc::make_error_code(errc::operation_not_supported);
  net::DatagramOptions options;
  options.local = {address_or_loopback(client.stream->local_endpoint().address), 0};
  options.coalesced = true;
  options.kernel_buffer = kUdpKernelBuffer;
  auto socket = client.runtime().network().open_datagram(options);
  if (!socket) return socket.error();
  net::Endpoint expected{address_or_loopback(client.peer.address), 0};
  // A client behind a translator says what it does not have outside.
  if (said.host == decltype(said.host)(expected.address)) expected.port = said.port;
  return std::unique_ptr<UdpAssociation>(new UdpAssociation(client, std::move(*socket), expected));
}

UdpAssociation::UdpAssociation(Client& client, net::DatagramPtr socket, net::Endpoint expected)
    : service_(client.service),
      control_(*client.stream),
      peer_(client.peer),
      socket_(std::move(socket)),
      client_(std::move(expected)),
      active_(client.runtime().clock().now()),
      batch_(client.service.udp_batches.get()),
      outlets_(client.runtime().network(), client.service.links,
               client.service.options.udp.one_link,
               [this](UdpOutlet& outlet) { from_target(outlet); }),
      names_(client.service.options.udp),
      timer_(client.runtime().clock().make_timer()),
      look_ups_(client.runtime()) {
  client_heard_ = active_;
  ++service_.counters.udp.associations;
  ++service_.counters.udp.live;
}

UdpAssociation::~UdpAssociation() {
  auto& all = service_.counters.udp;
  --all.live;
  all.flows += counters_.flows;
  all.sent += counters_.sent;
  all.received += counters_.received;
  all.drops += counters_.drops;
}

Task<void> UdpAssociation::serve() {
  socket_->when_readable([this] { from_client(); });
  watch_time();
  const QuietClients::Entry told_when_the_proxy_stops(service_.quiet_clients, control_);
  co_await direct(look_ups_, read_to_end(control_));
  service_.runtime.log().debug("{} by UDP: {} flows, sent {} datagrams, received {}, dropped {}",
                               net::to_string(peer_), counters_.flows.get(), counters_.sent.get(),
                               counters_.received.get(), to_string(counters_.drops));
}

void UdpAssociation::from_target(UdpOutlet& outlet) {
  const auto filled = outlet.socket->try_receive(batch_->slots());
  if (filled) {
    active_ = now_ = service_.runtime.clock().now();
    outlet.gate->follow(service_.shaper, *outlet.link, peer_.address);
    std::size_t count = 0;
    for (const auto& in : batch_->slots().first(*filled)) {
      auto sender = outlet.upstream ? Sender() : sender_from(outlet, in.from);
      in.for_each([&](std::span<const std::byte> datagram) {
        if (outlet.upstream) sender = sender_from_upstream(outlet, datagram);
        if (sender.flow == nullptr) return counters_.drops.add(sender.why);
        if (!outlet.gate->may_receive(datagram.size())) {
          return counters_.drops.add(UdpDrop::over_rate);
        }
        if (count == batch_->out.size()) flush_to_client(outlet, std::exchange(count, 0));
        batch_->out[count++] = {datagram, client_, sender.header};
      });
    }
    flush_to_client(outlet, count);
    keep_limits();
  }
  outlets_.watch(outlet);
  outlets_.close_unused();
}

UdpAssociation::Sender UdpAssociation::sender_from(UdpOutlet& outlet, const net::Endpoint& source) {
  if (last_received_ == nullptr || last_received_->target != source) {
    const socks5::UdpHeader header(source);
    auto* flow = flows_.find(header.destination());
    if (flow == nullptr) flow = flows_.find_answered(header.destination());
    if (flow == nullptr && outlet.upstream) {
      flow = flows_.unanswered(outlet, source.port);
      if (flow != nullptr) flows_.answered(*flow, source);
    }
    if (flow == nullptr) {
      const auto begun = begun_from_outside(outlet, source);
      if (begun.flow == nullptr) return begun;
      flow = begun.flow;
    }
    last_received_ = flow;
  }
  flows_.touch(*last_received_, false, now_);
  return {last_received_, last_received_->header.bytes()};
}

// Whoever sends to a client that takes datagrams from anyone begins a flow: the client's answer has
// to leave where the question came in.
UdpAssociation::Sender UdpAssociation::begun_from_outside(UdpOutlet& outlet,
                                                          const net::Endpoint& source) {
  const socks5::UdpHeader header(source);
  const bool strict = service_.options.udp.only_from_targets;
  if (strict && !flows_.knows_address(header.destination())) return {};
  // Else what may not be sent to could open the way to itself.
  const auto route = service_.dialer.routes().decide(Target{source.address, source.port});
  if (route.action == RouteAction::refuse) return {};
  const auto choice = outlets_.choose(*outlet.link);
  if (!choice) {
    const Route only{RouteAction::link, outlet.link, {}};
    return {nullptr, {}, why_unplaced(net::to_string(source), only, {})};
  }
  auto& flow = flows_.add(source, false, now_);
  flow.put_on(outlet);
  ++counters_.flows;
  watch_time();
  return {&flow};
}

void UdpAssociation::flush_to_client(UdpOutlet& outlet, std::size_t count) {
  std::span<const net::DatagramOut> out = std::span(batch_->out).first(count);
  while (!out.empty()) {
    const auto taken = socket_->try_send(out);
    if (taken) {
      std::size_t bytes = 0;
      for (const auto& datagram : out.first(*taken)) bytes += datagram.data.size();
      outlet.link->counters().received.add(bytes);
      counters_.received += *taken;
      out = out.subspan(*taken);
    } else if (taken.error() == errc::message_size) {
      counters_.drops.add(UdpDrop::too_large);
      out = out.subspan(1);
    } else {
      const bool full =
          taken.error() == errc::operation_would_block || taken.error() == errc::no_buffer_space;
      counters_.drops.add(full ? UdpDrop::full : UdpDrop::unreachable, out.size());
      return;
    }
  }
}

// Only between batches, which refer to flows.
void UdpAssociation::keep_limits() {
  const auto& options = service_.options.udp;
  while (flows_.size(true) > options.flows_max) forget(*flows_.oldest(true));
  while (flows_.size(false) > options.unasked_flows_max) forget(*flows_.oldest(false));
}

void UdpAssociation::forget(UdpFlow& flow) {
  if (last_sent_ == &flow) last_sent_ = nullptr;
  if (last_received_ == &flow) last_received_ = nullptr;
  names_.forget(flow);
  flows_.erase(flow);
}

// One timer for all: it comes when the oldest flow has been silent for long enough, if that is not
// used until then.
void UdpAssociation::watch_time() {
  if (timing_) return;
  auto next = net::kNever;
  for (const bool asked : {true, false}) {
    const auto* oldest = flows_.oldest(asked);
    if (oldest != nullptr) next = std::min(next, oldest->used + service_.options.udp.flow_timeout);
  }
  const auto idle = service_.options.silence.idle;
  if (idle > net::Duration::zero()) next = std::min(next, active_ + idle);
  if (next == net::kNever) return;
  timing_ = true;
  timer_->start(next, [this] { expire(); });
}

void UdpAssociation::expire() {
  timing_ = false;
  const auto now = service_.runtime.clock().now();
  const auto idle = service_.options.silence.idle;
  if (idle > net::Duration::zero() && active_ + idle <= now) return control_.abort();
  for (const bool asked : {true, false}) {
    for (auto* flow = flows_.oldest(asked);
         flow != nullptr && flow->used + service_.options.udp.flow_timeout <= now;
         flow = flows_.oldest(asked)) {
      forget(*flow);
    }
  }
  outlets_.close_unused();
  watch_time();
}

}  // namespace dispatch::proxy
