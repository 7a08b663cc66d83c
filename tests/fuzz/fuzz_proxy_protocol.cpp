// Any bytes as a header of the PROXY protocol.
//
// Beyond not crashing: a header means the same however it was cut, its addresses are of one family,
// and what is written of them is read as them again.

#include "engine/proxy/proxy_protocol.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace dispatch::proxy::proxy_protocol {
namespace {

using fuzz::require;

void check(const DecodedHeader& decoded) {
  const auto& header = decoded.message;
  require(decoded.size + header.rest <= 16 + 65535, "a header has a size");
  require(header.version == Version::v2 || decoded.size <= 107, "a line has a size");
  if (header.addresses) {
    require(
        header.addresses->source.address.is_v4() == header.addresses->destination.address.is_v4(),
        "one family");
  }
  for (const auto version : {Version::v1, Version::v2}) {
    const auto bytes = encode(version, header.addresses);
    const auto again = decode(bytes);
    require(again.progress == Progress::complete && again.size == bytes.size(), "it is a header");
    require(again.message.version == version && again.message.rest == 0, "of that version");
    require(again.message.addresses == header.addresses, "the same addresses");
  }
}

}  // namespace
}  // namespace dispatch::proxy::proxy_protocol

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dispatch;
  const auto input = fuzz::bytes_of(data, size);
  const auto decoded = fuzz::decode_however_cut(proxy::proxy_protocol::decode, input);
  if (decoded.progress == proxy::Progress::complete) proxy::proxy_protocol::check(decoded);
  return fuzz::kDone;
}
