// Flows on links through SOCKS5 proxies: each proxy is asked for an association of its own, and
// every datagram has the header for its relay.
#include "engine/net/deadline.hpp"
#include "engine/proxy/dial_error.hpp"
#include "engine/proxy/udp_association.hpp"
#include "engine/proxy/upstream_error.hpp"
#include "engine/proxy/upstream_handshake.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/errc.hpp>

#include <array>
#include <utility>

namespace dispatch::proxy {

using net::Result;
using net::Task;
namespace errc = boost::system::errc;

namespace {

// For so long a proxy that gave an association no relay is not asked again by it.
constexpr net::Duration kFailedProxyRests = std::chrono::seconds(30);

}  // namespace

Task<Result<net::Endpoint>> UdpAssociation::open_upstream(UdpUpstream& upstream) {
  auto stream = co_await service_.dialer.reach_upstream(upstream.link);
  if (!stream) {
    const bool ours = is_exhaustion(stream.error()) || net::is_cancelled(stream.error());
    co_return ours ? stream.error() : net::Error{UpstreamError::unreachable};
  }
  upstream.control = std::move(*stream);
  if (const auto& asks = service_.options.tcp_keep_alive) upstream.control->keep_alive(*asks);
  co_return co_await associate_upstream(*upstream.control, *upstream.link.upstream());
}

// From the first flow on its link to the last, or to the end of the proxy's connection.
Task<void> UdpAssociation::serve_upstream(std::shared_ptr<UdpUpstream> upstream) {
  // What it comes to must not happen within the call that wants it.
  co_await net::asio::post(service_.runtime.executor(), net::asio::use_awaitable);
  auto& clock = service_.runtime.clock();
  const auto deadline = clock.now() + service_.options.dial.attempt_timeout;
  const auto relay = co_await net::with_deadline(clock, deadline, open_upstream(*upstream));
  if (upstream->closed) co_return;
  if (!relay && net::is_cancelled(relay.error())) co_return;
  net::Error failure = relay ? net::Error() : relay.error();
  if (failure == net::asio::error::timed_out) failure = UpstreamError::silent;
  auto* outlet = outlets_.find(*upstream);
  if (!failure) failure = outlets_.connect(*outlet, *relay);
  if (failure) {
    if (failure == UpstreamError::not_authorized) service_.dialer.refused_by(upstream->link);
    outlets_.avoid(upstream->link, clock.now() + kFailedProxyRests);
    co_return upstream_failed(*upstream, failure);
  }
  upstream_opened(*upstream);
  std::array<std::byte, 64> ignored;
  for (;;) {
    const auto got = co_await upstream->control->read_some(ignored);
    if (upstream->closed) co_return;
    if (!got && net::is_cancelled(got.error())) co_return;
    if (!got || *got == 0) co_return upstream_failed(*upstream, UpstreamError::closed);
  }
}

void UdpAssociation::upstream_opened(UdpUpstream& upstream) {
  upstream.is_open = true;
  const auto waiting = upstream.take_waiting();
  send_again(waiting);
}

// Its flows go by other links, and where there is none they end. Those to names begin anew: another
// link may have to look the name up.
void UdpAssociation::upstream_failed(UdpUpstream& upstream, const net::Error& why) {
  const auto waiting = upstream.take_waiting();
  auto& failed = *outlets_.find(upstream);
  std::vector<UdpFlow*> flows;
  flows_.for_each([&](UdpFlow& flow) {
    if (flow.outlet == &failed) flows.push_back(&flow);
  });
  now_ = service_.runtime.clock().now();
  for (auto* flow : flows) {
    std::vector<link::Link*> tried{&upstream.link};
    if (flow->is_named()) {
      ++upstream.link.counters().dial_failures;
      log_failure(to_string(*socks5::udp_target(flow->destination())), upstream.link, why);
      forget(*flow);
    } else if (!move(*flow, tried, why)) {
      forget(*flow);
    }
  }
  send_again(waiting);
  upstream.close();
  outlets_.close_unused();
}

void UdpAssociation::send_again(const std::vector<UdpUpstream::Waiting>& waiting) {
  now_ = service_.runtime.clock().now();
  for (const auto& [header, payload] : waiting) {
    const auto split = socks5::split_udp(header);
    auto* flow = flows_.find(split.destination);
    const auto target = socks5::udp_target(split.destination);
    if (flow == nullptr && std::holds_alternative<std::string>(target->host)) {
      flow_to({socks5::UdpFault::none, split.destination, payload});
    } else if (flow == nullptr) {
      counters_.drops.add(UdpDrop::unreachable);
    } else {
      add(*flow, payload);
    }
  }
  flush_to_targets();
}

// What the proxy's relay does not take now is lost; whether it is there, its connection tells.
void UdpAssociation::hold_or_send(UdpOutlet& outlet, std::span<const net::DatagramOut> out) {
  if (!outlet.upstream->is_open) {
    for (const auto& each : out) {
      const bool held = outlet.upstream->wait(each.head, each.data, service_.options.udp);
      if (!held) counters_.drops.add(UdpDrop::too_many);
    }
    return;
  }
  while (!out.empty()) {
    const auto taken = outlet.socket->try_send(out);
    if (taken) {
      count_sent(outlet, out.first(*taken));
      out = out.subspan(*taken);
      continue;
    }
    const auto& error = taken.error();
    const bool full = error == errc::operation_would_block || error == errc::no_buffer_space;
    if (full) return counters_.drops.add(UdpDrop::full, out.size());
    const bool large = error == errc::message_size;
    counters_.drops.add(large ? UdpDrop::too_large : UdpDrop::unreachable);
    out = out.subspan(1);
  }
}

// Most proxies say the address that a name's datagrams come from, and some the name.
UdpAssociation::Sender UdpAssociation::sender_from_upstream(UdpOutlet& outlet,
                                                            std::span<const std::byte>& datagram) {
  const auto split = socks5::split_udp(datagram);
  const auto sender =
      split.fault == socks5::UdpFault::none ? socks5::udp_target(split.destination) : std::nullopt;
  if (!sender) return {nullptr, {}, UdpDrop::malformed};
  datagram = split.payload;
  if (const auto* address = std::get_if<net::Address>(&sender->host)) {
    return sender_from(outlet, {*address, sender->port});
  }
  auto* flow = flows_.find(split.destination);
  if (flow == nullptr) return {};
  flows_.touch(*flow, false, now_);
  return {flow, flow->name_header};
}

}  // namespace dispatch::proxy
