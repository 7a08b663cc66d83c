// Any bytes as a SOCKS4 or SOCKS4a request.
//
// Beyond not crashing: a request means the same however it was cut, and nothing of it is longer or
// stranger than the protocol has it.

#include "engine/proxy/socks4.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

namespace dispatch::proxy::socks4 {
namespace {

using fuzz::require;

// There is no encoder of requests in the engine: SOCKS4 has the server's side only.
Bytes encode(const Request& request) {
  Bytes bytes;
  append(bytes, {kVersion, static_cast<std::uint8_t>(request.command)});
  append_pair(bytes, request.target.port);
  const auto* address = std::get_if<net::Address>(&request.target.host);
  const bool is_v4 = address != nullptr && address->is_v4();
  if (is_v4) {
    append(bytes, address->to_v4().to_bytes());
  } else {
    append(bytes, {0, 0, 0, 1});
  }
  append(bytes, request.user);
  append(bytes, {0});
  if (is_v4) return bytes;
  append(bytes, address != nullptr ? net::to_string(*address) : std::get<1>(request.target.host));
  append(bytes, {0});
  return bytes;
}

// A name may be the text of an address in 0.0.0.0/8, which only a name can say in SOCKS4a.
bool is_of_this_network(const net::Address& address) {
  return address.is_v4() && address.to_v4().to_uint() != 0 && address.to_v4().to_uint() < 256;
}

void check(const Request& request) {
  require(request.user.size() <= 255 && request.user.find('\0') == std::string::npos, "a user");
  if (const auto* name = std::get_if<std::string>(&request.target.host)) {
    require(!name->empty() && name->size() <= 255, "a name has a size");
    const auto odd = [](char c) { return c <= 0x20 || c >= 0x7f; };
    require(std::none_of(name->begin(), name->end(), odd), "a name can be logged");
  } else if (is_of_this_network(std::get<net::Address>(request.target.host))) {
    return;
  }
  const auto bytes = encode(request);
  const auto again = decode_request(bytes);
  require(again.progress == Progress::complete && again.size == bytes.size(), "it is a request");
  require(again.message.command == request.command && again.message.target == request.target &&
              again.message.user == request.user,
          "the same request");
}

}  // namespace
}  // namespace dispatch::proxy::socks4

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dispatch;
  const auto input = fuzz::bytes_of(data, size);
  const auto decoded = fuzz::decode_however_cut(proxy::socks4::decode_request, input);
  if (decoded.progress == proxy::Progress::complete) proxy::socks4::check(decoded.message);
  return fuzz::kDone;
}
