#include "engine/proxy/connection_table.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>

namespace dispatch::proxy {
namespace {

// The shorter of those that there are.
net::Duration shorter(net::Duration a, net::Duration b) {
  constexpr net::Duration kNone{};
  if (a == kNone || b == kNone) return std::max(a, b);
  return std::min(a, b);
}

}  // namespace

void ConnectionTable::look(Connection& connection, net::Runtime& runtime) const {
  const auto now = runtime.clock().now();
  const auto limit = connection.silence_max(limits_);
  const auto bytes = connection.sent().total() + connection.received().total();
  if (bytes != connection.bytes_seen_ || limit == net::Duration::zero()) {
    connection.bytes_seen_ = bytes;
    connection.active_ = now;
  } else if (now - connection.active_ >= limit) {
    runtime.log().info("{} -> {} through {}: silent for {} s, reset",
                       to_string(connection.client()), to_string(connection.target()),
                       connection.link().name(),
                       std::chrono::duration_cast<std::chrono::seconds>(limit).count());
    connection.end(boost::system::errc::make_error_code(boost::system::errc::timed_out));
  }
}

void ConnectionTable::end_stranded_ones(link::Link& link, net::Runtime& runtime) {
  const auto& bound = link.upstream() ? link.via() : link;
  for (auto& connection : rows_) {
    if (&connection.link() != &link) continue;
    const auto source = connection.target_stream().local_endpoint().address;
    const auto egress = bound.egress(net::family_of(source));
    if (!egress || !egress->source || *egress->source == source) continue;
    runtime.log().info("{} -> {} through {}: its address {} is gone, reset",
                       to_string(connection.client()), to_string(connection.target()), link.name(),
                       source.to_string());
    connection.end(boost::system::errc::make_error_code(boost::system::errc::network_reset));
  }
}

void ConnectionTable::limits_changed(const link::Link* link) {
  shaper_.limits_changed();
  for (auto& connection : rows_) {
    if (link == nullptr || &connection.link() == link) bind(connection);
  }
}

void ConnectionTable::end_all_of(const link::Link& link, std::string_view why,
                                 net::Runtime& runtime) {
  for (auto& connection : rows_) {
    if (&connection.link() != &link) continue;
    runtime.log().info("{} -> {} through {}: {}, reset", to_string(connection.client()),
                       to_string(connection.target()), link.name(), why);
    connection.end(boost::system::errc::make_error_code(boost::system::errc::network_reset));
  }
}

std::vector<ConnectionView> ConnectionTable::view(std::size_t most, net::TimePoint now) const {
  std::vector<ConnectionView> views;
  for (auto row = rows_.begin(); row != rows_.end() && views.size() < most; ++row) {
    views.push_back({to_string(row->client()), to_string(row->target()), row->link().name(),
                     now - row->began(), row->sent().total(), row->received().total()});
  }
  return views;
}

net::Task<void> ConnectionTable::end_silent_ones(net::Runtime& runtime) {
  const auto shortest = shorter(limits_.idle, limits_.half_open);
  if (shortest == net::Duration::zero()) co_return;
  for (;;) {
    if (co_await runtime.clock().sleep_for(shortest / 8)) co_return;
    for (auto& connection : rows_) look(connection, runtime);
  }
}

}  // namespace dispatch::proxy
