// From the client to its targets.
#include "engine/proxy/dial_error.hpp"
#include "engine/proxy/udp_association.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>
#include <utility>

namespace dispatch::proxy {

namespace errc = boost::system::errc;

namespace {

UdpDrop drop_for(socks5::UdpFault fault) {
  return fault == socks5::UdpFault::fragment ? UdpDrop::fragment : UdpDrop::malformed;
}

bool is_full(const net::Error& error) {
  return error == errc::operation_would_block || error == errc::no_buffer_space;
}

}  // namespace

void UdpAssociation::from_client() {
  const auto filled = socket_->try_receive(batch_->slots());
  if (filled) {
    now_ = service_.runtime.clock().now();
    for (const auto& in : batch_->slots().first(*filled)) {
      if (!is_client(in)) {
        in.for_each([&](auto) { counters_.drops.add(UdpDrop::stranger); });
        continue;
      }
      active_ = client_heard_ = now_;
      in.for_each([this](std::span<const std::byte> datagram) { take_from_client(datagram); });
    }
    flush_to_targets();
    keep_limits();
    outlets_.close_unused();
  }
  socket_->when_readable([this] { from_client(); });
}

// Decides who the client is where that is open: by a datagram that a client could have sent.
bool UdpAssociation::is_client(const net::DatagramIn& in) {
  if (in.from == client_) return true;
  if (in.from.address != client_.address) return false;
  const bool open = client_.port == 0 || now_ - client_heard_ >= service_.options.udp.flow_timeout;
  if (!open || socks5::split_udp(in.data()).fault != socks5::UdpFault::none) return false;
  client_.port = in.from.port;
  return true;
}

void UdpAssociation::take_from_client(std::span<const std::byte> datagram) {
  const auto split = socks5::split_udp(datagram);
  if (split.fault != socks5::UdpFault::none) return counters_.drops.add(drop_for(split.fault));
  const bool same =
      last_sent_ != nullptr && std::ranges::equal(last_sent_->destination(), split.destination);
  auto* flow = same ? last_sent_ : flow_to(split);
  if (flow == nullptr) return;
  last_sent_ = flow;
  add(*flow, split.payload);
}

// Null: the datagram has been dropped, or waits.
UdpFlow* UdpAssociation::flow_to(const socks5::UdpSplit& split) {
  if (auto* flow = flows_.find(split.destination)) return flow;
  if (auto* name = names_.find(split.destination)) {
    if (name->flow == nullptr && !names_.wait(*name, split.payload)) {
      counters_.drops.add(UdpDrop::too_many);
    }
    return name->flow;
  }
  const auto target = socks5::udp_target(split.destination);
  if (!target) {
    counters_.drops.add(UdpDrop::bad_target);
    return nullptr;
  }
  if (const auto* address = std::get_if<net::Address>(&target->host)) {
    return flow_to(net::Endpoint{*address, target->port});
  }
  auto* name = names_.add(split.destination);
  if (name == nullptr || !names_.wait(*name, split.payload)) {
    counters_.drops.add(UdpDrop::too_many);
  }
  // From here on `name` may be gone: a look-up may end as soon as it begins.
  if (name != nullptr) look_ups_.enter(look_up(std::string(text_of(split.destination))));
  return nullptr;
}

UdpFlow* UdpAssociation::flow_to(const net::Endpoint& target) {
  const socks5::UdpHeader header(target);
  if (auto* flow = flows_.find(header.destination())) return flow;
  const Target address{target.address, target.port};
  const auto route = service_.dialer.routes().decide(address);
  if (route.action == RouteAction::refuse) {
    log_refusal(to_string(address), route);
    counters_.drops.add(UdpDrop::refused);
    return nullptr;
  }
  // Who answers for a name is one peer, whatever the client calls him.
  auto* same = route.link == nullptr ? flows_.find_answered(header.destination()) : nullptr;
  auto choice = same == nullptr ? std::nullopt : outlets_.choose(*same->outlet->link);
  const auto opened = open_flow(target, route, std::move(choice));
  if (opened.flow == nullptr) counters_.drops.add(opened.why);
  return opened.flow;
}

UdpAssociation::Found UdpAssociation::open_flow(const net::Endpoint& target, const Route& route,
                                                std::optional<UdpOutlets::Choice> first) {
  auto& flow = flows_.add(target, true, now_);
  flow.fixed = route.link;
  std::vector<link::Link*> tried;
  bool placed = first && put_on(flow, *first, tried);
  first.reset();
  if (!placed) placed = place(flow, tried);
  if (!placed) {
    flows_.erase(flow);
    const auto families = link::Families::of(net::family_of(target.address));
    return {nullptr, why_unplaced(net::to_string(target), route, families)};
  }
  ++counters_.flows;
  watch_time();
  return {&flow};
}

// Tells people once that a link is full: that may be so for every datagram of a client.
UdpDrop UdpAssociation::why_unplaced(const std::string& target, const Route& route,
                                     link::Families families) {
  const bool full = route.link != nullptr ? route.link->is_full() : outlets_.is_full(families);
  if (!full) return UdpDrop::unreachable;
  if (!std::exchange(fullness_told_, true)) {
    const auto who = route.link != nullptr ? route.link->name() : "every link";
    service_.runtime.log().info(
        "{} by UDP: no datagrams to {}: {} has as many connections as it "
        "may have",
        net::to_string(peer_), target, who);
  }
  return UdpDrop::no_place;
}

// These are said for a datagram, of which a client may send any number.
bool UdpAssociation::may_log() {
  constexpr std::uint64_t kLinesMost = 20;
  return lines_logged_++ < kLinesMost;
}

void UdpAssociation::log_failure(const std::string& target, const link::Link& link,
                                 const net::Error& why) {
  if (!may_log()) return;
  service_.runtime.log().info("UDP to {} through {}: {}", target, link.name(), why.message());
}

void UdpAssociation::log_refusal(const std::string& target, const Route& route) {
  if (!may_log()) return;
  service_.runtime.log().info("UDP to {} is refused: {}", target, route.why);
}

// Puts the flow on a link that is not one of `tried`. False: there is none; the flow is where it
// was.
bool UdpAssociation::place(UdpFlow& flow, std::vector<link::Link*>& tried) {
  const auto family = net::family_of(flow.target.address);
  const Route route{RouteAction::dispatch, flow.fixed, {}};
  while (const auto choice = choose_for(route, link::Families::of(family), tried)) {
    if (put_on(flow, *choice, tried)) return true;
  }
  return false;
}

// False: the link's socket cannot be opened. Where no other could be either, all links are tried.
bool UdpAssociation::put_on(UdpFlow& flow, const UdpOutlets::Choice& choice,
                            std::vector<link::Link*>& tried) {
  auto& link = *choice.link;
  tried.push_back(&link);
  ++link.counters().dials;
  const auto outlet = outlets_.open(link, net::family_of(flow.target.address));
  if (!outlet) {
    ++link.counters().dial_failures;
    log_failure(net::to_string(flow.target), link, outlet.error());
    if (is_exhaustion(outlet.error())) {
      for (auto* each : service_.links.links()) tried.push_back(each);
    }
    return false;
  }
  flow.put_on(**outlet);
  const auto& upstream = (*outlet)->upstream;
  if (upstream && !std::exchange(upstream->is_served, true)) {
    look_ups_.enter(serve_upstream(upstream));
  }
  return true;
}

std::optional<UdpOutlets::Choice> UdpAssociation::choose_for(const Route& route,
                                                             link::Families families,
                                                             std::span<link::Link* const> tried) {
  if (route.link == nullptr) return outlets_.choose(families, tried, now_);
  const bool usable = (link::Families::of_datagrams(*route.link) & families).any() &&
                      std::find(tried.begin(), tried.end(), route.link) == tried.end() &&
                      !outlets_.avoids(*route.link, now_);
  if (!usable) return std::nullopt;
  return outlets_.choose(*route.link);
}

// Away from a link that cannot send.
bool UdpAssociation::move(UdpFlow& flow, std::vector<link::Link*>& tried, const net::Error& why) {
  auto& link = *flow.outlet->link;
  log_failure(net::to_string(flow.target), link, why);
  ++link.counters().dial_failures;
  const auto egress = link.egress(flow.outlet->family);
  // A link that has another address by now may do better with that.
  const bool renewed = egress && *egress != flow.outlet->egress;
  const bool tried_before = std::find(tried.begin(), tried.end(), &link) != tried.end();
  if (renewed && !tried_before) {
    if (const auto outlet = outlets_.open(link, flow.outlet->family)) {
      tried.push_back(&link);
      flow.put_on(**outlet);
      return true;
    }
  }
  if (!tried_before) tried.push_back(&link);
  return place(flow, tried);
}

// Nobody is told that datagrams vanish, but connections have found out. One that has used its data
// cap may be as good as dead.
void UdpAssociation::leave_dead_link(UdpFlow& flow) {
  auto& link = *flow.outlet->link;
  const bool ends = link.ends_connections();
  if ((link.health() != link::Health::down && !ends) || flow.fixed != nullptr || flow.is_named()) {
    return;
  }
  if (!ends && !service_.links.has_better(link)) return;
  std::vector<link::Link*> tried{&link};
  place(flow, tried);
}

void UdpAssociation::add(UdpFlow& flow, std::span<const std::byte> payload) {
  auto& batch = *batch_;
  if (batch.item_count == UdpBatch::kDatagrams) flush_to_targets();
  const auto index = static_cast<std::int32_t>(batch.item_count++);
  batch.items[static_cast<std::size_t>(index)] = {payload, UdpFlow::kNone};
  if (flow.first == UdpFlow::kNone) {
    leave_dead_link(flow);
    flow.first = index;
    batch.flows.push_back(&flow);
    flows_.touch(flow, true, now_);
  } else {
    batch.items[static_cast<std::size_t>(flow.last)].next = index;
  }
  flow.last = index;
}

// Outlet by outlet, and flow by flow: datagrams to one target leave together, and in order.
void UdpAssociation::flush_to_targets() {
  auto& batch = *batch_;
  while (!batch.flows.empty()) {
    auto& outlet = *batch.flows.front()->outlet;
    outlet.gate->follow(service_.shaper, *outlet.link, peer_.address);
    const bool spent = outlet.link->ends_connections();
    std::size_t count = 0;
    auto rest = batch.flows.begin();
    for (auto* flow : batch.flows) {
      if (flow->outlet != &outlet) {
        *rest++ = flow;
        continue;
      }
      auto next = std::exchange(flow->first, UdpFlow::kNone);
      while (next != UdpFlow::kNone) {
        const auto& item = batch.items[static_cast<std::size_t>(next)];
        const auto head = outlet.upstream ? flow->upstream_header() : std::span<const std::byte>();
        batch.out[count++] = {item.payload, flow->target, head};
        next = item.next;
        const bool passes = !spent && outlet.gate->may_send(item.payload.size());
        if (passes) continue;
        --count;
        counters_.drops.add(spent ? UdpDrop::spent : UdpDrop::over_rate);
      }
    }
    batch.flows.erase(rest, batch.flows.end());
    const auto out = std::span(batch.out).first(count);
    if (outlet.upstream) {
      hold_or_send(outlet, out);
    } else {
      send(outlet, out, {});
    }
  }
  batch.item_count = 0;
}

void UdpAssociation::count_sent(UdpOutlet& outlet, std::span<const net::DatagramOut> taken) {
  std::size_t bytes = 0;
  for (const auto& datagram : taken) bytes += datagram.data.size();
  outlet.link->counters().sent.add(bytes);
  counters_.sent += taken.size();
}

// `tried`: links that could not send the first one.
void UdpAssociation::send(UdpOutlet& outlet, std::span<const net::DatagramOut> out,
                          std::vector<link::Link*> tried) {
  while (!out.empty()) {
    const auto taken = outlet.socket->try_send(out);
    if (taken) {
      count_sent(outlet, out.first(*taken));
      out = out.subspan(*taken);
      continue;
    }
    if (is_full(taken.error())) return counters_.drops.add(UdpDrop::full, out.size());
    if (taken.error() == errc::message_size || taken.error() == errc::permission_denied) {
      // EACCES: a broadcast address.
      const bool large = taken.error() == errc::message_size;
      counters_.drops.add(large ? UdpDrop::too_large : UdpDrop::bad_target);
      out = out.subspan(1);
      continue;
    }
    const auto to = out.front().to;
    const auto other = std::ranges::find_if(out, [&](const auto& each) { return each.to != to; });
    const auto own = out.first(static_cast<std::size_t>(other - out.begin()));
    out = out.subspan(own.size());
    auto& flow = *flows_.find(socks5::UdpHeader(to).destination());
    auto failed = tried;
    if (move(flow, failed, taken.error())) {
      if (flow.outlet->upstream) {
        hold_or_send(*flow.outlet, own);
      } else {
        send(*flow.outlet, own, std::move(failed));
      }
    } else {
      counters_.drops.add(UdpDrop::unreachable, own.size());
    }
  }
}

}  // namespace dispatch::proxy
