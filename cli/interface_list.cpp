#include "cli/interface_list.hpp"

#include "cli/table.hpp"
#include "engine/link/attachment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace dispatch::cli {
namespace {

std::string state_of(const net::Interface& interface) {
  if (!interface.up) return "down";
  return interface.running ? "up" : "no carrier";
}

// "usable", or why not.
std::string use_of(const net::Interface& interface, const net::Address& address) {
  if (interface.loopback || address.is_loopback()) return "loopback";
  if (net::is_link_local(address)) return "link-local";
  const auto usable = link::usable_addresses(interface);
  if (std::find(usable.begin(), usable.end(), address) == usable.end()) return "unusable";
  return link::is_usable(interface) ? "usable" : state_of(interface);
}

// The interface stands beside it, so the scope of a link-local address need not be repeated.
std::string text_of(const net::Address& address) {
  if (!address.is_v6()) return address.to_string();
  return net::AddressV6(address.to_v6().to_bytes()).to_string();
}

// IPv4 first, else in the kernel's order.
std::vector<net::Prefix> sorted_addresses(const net::Interface& interface) {
  auto addresses = interface.addresses;
  std::stable_partition(addresses.begin(), addresses.end(),
                        [](const net::Prefix& each) { return each.address.is_v4(); });
  return addresses;
}

// Names of interfaces may hold any byte but '/' and white space (Linux, dev_valid_name).
std::string json_text(std::string_view text) {
  std::string result = "\"";
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    if (each == '"' || each == '\\') {
      result += {'\\', each};
    } else if (byte < 0x20 || byte >= 0x7f) {
      result += fmt::format("\\u{:04x}", byte);
    } else {
      result += each;
    }
  }
  return result + '"';
}

std::string address_json(const net::Interface& interface, const net::Prefix& own) {
  const auto use = use_of(interface, own.address);
  return fmt::format(
      R"({{"address": {}, "prefix_length": {}, "family": {}, "usable": {}, "reason": {}}})",
      json_text(text_of(own.address)), own.length,
      json_text(net::to_string(net::family_of(own.address))), use == "usable",
      use == "usable" ? "null" : json_text(use));
}

}  // namespace

std::string interface_table(std::span<const net::Interface> interfaces, bool styled) {
  Table table({{"INTERFACE"}, {"STATE"}, {"ADDRESS"}, {"USE"}});
  for (const auto& interface : interfaces) {
    auto name = interface.name;
    auto state = state_of(interface);
    if (interface.addresses.empty()) table.add({name, state, "-", "no address"}, true);
    for (const auto& own : sorted_addresses(interface)) {
      const auto use = use_of(interface, own.address);
      table.add({name, state, text_of(own.address), use}, use != "usable");
      name.clear();
      state.clear();
    }
  }
  return table.render("", styled);
}

std::string interface_json(std::span<const net::Interface> interfaces) {
  std::string text = "[";
  const char* separator = "\n";
  for (const auto& interface : interfaces) {
    std::string addresses;
    for (const auto& own : sorted_addresses(interface)) {
      addresses += addresses.empty() ? "\n      " : ",\n      ";
      addresses += address_json(interface, own);
    }
    if (!addresses.empty()) addresses += "\n    ";
    text += fmt::format(
        "{}  {{\n"
        "    \"name\": {}, \"index\": {}, \"state\": {}, \"up\": {}, \"running\": {},\n"
        "    \"loopback\": {}, \"mtu\": {}, \"usable\": {},\n"
        "    \"addresses\": [{}]\n  }}",
        separator, json_text(interface.name), interface.index, json_text(state_of(interface)),
        interface.up, interface.running, interface.loopback, interface.mtu,
        link::is_usable(interface), addresses);
    separator = ",\n";
  }
  return text + "\n]\n";
}

}  // namespace dispatch::cli
