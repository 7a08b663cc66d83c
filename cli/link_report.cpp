#include "cli/link_report.hpp"

#include "cli/console.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace dispatch::cli {
namespace {

constexpr std::array kFamilies{net::Family::v4, net::Family::v6};

// The name of the interface that owns the address; empty where none is listed with it.
std::string owner_name(const net::Address& address, std::span<const net::Interface> interfaces) {
  const auto owns = [&](const net::Interface& interface) {
    return std::any_of(
        interface.addresses.begin(), interface.addresses.end(), [&](const net::Prefix& own) {
          return own.address == address || (interface.loopback && own.contains(address));
        });
  };
  const auto owner = std::find_if(interfaces.begin(), interfaces.end(), owns);
  return owner == interfaces.end() ? "" : owner->name;
}

using Weights = std::array<std::uint64_t, kFamilies.size()>;

// One row: a proxy serves IPv4, and most of them IPv6 as well.
void add_upstream(Table& table, const link::Link& link, const Weights& weights) {
  const auto url = link::to_string(*link.upstream());
  auto via = link.via().name();
  if (via == "any") via = "-";
  const auto share = format_share(link.weight(), weights[0]);
  const auto share_v6 =
      link.serves(net::Family::v6) ? format_share(link.weight(), weights[1]) : share;
  table.add({link.name() == url ? url : link.name() + "=" + url, via, std::to_string(link.weight()),
             share == share_v6 ? share : share + ", " + share_v6, "proxy",
             to_string(link.limits())});
}

}  // namespace

std::string link_table(const Links& links, std::span<const net::Interface> interfaces) {
  std::vector<Column> columns({{"ADDRESS"},
                               {"INTERFACE"},
                               {"WEIGHT", Align::right},
                               {"SHARE", Align::right},
                               {"BOUND TO"}});
  const bool limited = std::any_of(links.begin(), links.end(), [](const auto* link) {
    return link->limits() != link::LinkLimits();
  });
  if (limited) columns.push_back({"LIMITS"});
  Table table(columns);
  Weights weights{};
  for (const auto& link : links) {
    for (const auto family : kFamilies) {
      if (link->serves(family)) weights[static_cast<std::size_t>(family)] += link->weight();
    }
  }
  for (const auto& link : links) {
    if (link->upstream()) add_upstream(table, *link, weights);
    if (!link->upstream() && link->is_absent()) {
      table.add({"-", link->name(), std::to_string(link->weight()), "-", link->standing().reason,
                 to_string(link->limits())});
    }
    for (const auto family : kFamilies) {
      const auto egress = link->egress(family);
      if (!egress || !egress->source) continue;
      table.add({egress->source->to_string(), owner_name(*egress->source, interfaces),
                 std::to_string(link->weight()),
                 format_share(link->weight(), weights[static_cast<std::size_t>(family)]),
                 egress->device.empty() ? "address" : "device", to_string(link->limits())});
    }
  }
  return table.render("  ", styled_output());
}

bool lacks_device_binding(const Links& links) {
  return std::any_of(links.begin(), links.end(), [](const auto& link) {
    return std::any_of(kFamilies.begin(), kFamilies.end(), [&](net::Family family) {
      const auto egress = link->egress(family);
      return egress && egress->source && !egress->source->is_loopback() && egress->device.empty();
    });
  });
}

std::string link_summary(const Links& links, const link::Link& direct) {
  std::uint64_t connections = 0;
  std::vector<const link::Link*> rows;
  for (const auto* link : links) rows.push_back(link);
  const auto& counted = direct.counters();
  if (counted.dials != 0 || counted.connections != 0) rows.push_back(&direct);
  for (const auto* link : rows) connections += link->counters().connections;
  Table table({{"LINK"},
               {"CONNECTIONS", Align::right},
               {"SHARE", Align::right},
               {"FAILED", Align::right},
               {"SENT", Align::right},
               {"RECEIVED", Align::right}});
  for (const auto* link : rows) {
    const auto& counters = link->counters();
    table.add({link->name(), std::to_string(counters.connections),
               format_share(counters.connections, connections),
               std::to_string(counters.dial_failures), format_bytes(counters.sent.total()),
               format_bytes(counters.received.total())});
  }
  return table.render("  ", styled_output());
}

}  // namespace dispatch::cli
