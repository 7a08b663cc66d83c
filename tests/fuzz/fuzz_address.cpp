// Any text as an address, an endpoint, a prefix and a host.
//
// Beyond not crashing: what was understood is said again in words that mean the same.

#include "engine/net/address.hpp"
#include "engine/proxy/target.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dispatch;
  using fuzz::require;
  const auto text = fuzz::text_of(data, size);
  const auto address = net::parse_address(text);
  if (address) {
    require(net::parse_address(net::to_string(*address)) == address, "the same address");
    require(net::unmapped(net::unmapped(*address)) == net::unmapped(*address), "unmapped once");
  }
  if (const auto endpoint = net::parse_endpoint(text)) {
    require(net::parse_endpoint(net::to_string(*endpoint)) == endpoint, "the same endpoint");
  }
  if (const auto prefix = net::parse_prefix(text)) {
    require(net::parse_prefix(net::to_string(*prefix)) == prefix, "the same prefix");
    require(prefix->contains(prefix->address), "a prefix contains its own address");
  }
  const auto host = proxy::parse_host(text);
  require(!address || host, "an address is a host");
  if (!host) return fuzz::kDone;
  if (const auto* name = std::get_if<std::string>(&*host)) {
    require(!address && *name == text, "a name is the text itself");
    require(!name->empty() && name->size() <= 255, "a name has a size that protocols can carry");
    const auto odd = [](char c) { return c <= 0x20 || c >= 0x7f; };
    require(std::none_of(name->begin(), name->end(), odd), "a name can be logged");
  } else {
    require(std::get<net::Address>(*host) == address, "the same as an address");
  }
  return fuzz::kDone;
}
