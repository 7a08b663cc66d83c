#include "engine/proxy/target.hpp"

#include <algorithm>

namespace dispatch::proxy {

std::optional<std::variant<net::Address, std::string>> parse_host(std::string_view text) {
  constexpr std::size_t kNameMax = 255;
  if (auto literal = net::parse_address(text)) return *literal;
  const auto printable = [](char c) { return c > 0x20 && c < 0x7f; };
  if (text.empty() || text.size() > kNameMax || !std::all_of(text.begin(), text.end(), printable)) {
    return std::nullopt;
  }
  return std::string(text);
}

std::string to_string(const Target& target) {
  if (const auto* address = std::get_if<net::Address>(&target.host)) {
    return net::to_string(net::Endpoint{*address, target.port});
  }
  return std::get<std::string>(target.host) + ":" + std::to_string(target.port);
}

}  // namespace dispatch::proxy
