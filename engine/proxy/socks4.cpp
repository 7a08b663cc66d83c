#include "engine/proxy/socks4.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace dispatch::proxy::socks4 {
namespace {

constexpr std::size_t kHeaderSize = 8;  // VN, CD, port, address
constexpr std::size_t kTextMax = 255;

DecodedRequest invalid() {
  return {Progress::invalid, 0, {}};
}

// A text that ends with a zero byte.
struct Text {
  Progress progress = Progress::incomplete;
  std::string_view value;
};

Text text_at(std::span<const std::byte> input, std::size_t at) {
  const auto rest = text_of(input.subspan(at));
  const auto end = rest.find('\0');
  if (end > kTextMax && rest.size() > kTextMax) return {Progress::invalid, {}};
  if (end == std::string_view::npos) return {};
  return {Progress::complete, rest.substr(0, end)};
}

// 4a: 0.0.0.x with x not 0 says that a name follows.
bool announces_name(std::span<const std::byte> input) {
  return octet(input, 4) == 0 && octet(input, 5) == 0 && octet(input, 6) == 0 &&
         octet(input, 7) != 0;
}

}  // namespace

DecodedRequest decode_request(std::span<const std::byte> input) {
  if (input.empty()) return {};
  if (octet(input, 0) != kVersion) return invalid();
  if (input.size() < 2) return {};
  const auto command = octet(input, 1);
  if (command != 1 && command != 2) return invalid();
  if (input.size() < kHeaderSize) return {};
  const auto user = text_at(input, kHeaderSize);
  if (user.progress != Progress::complete) return {user.progress, 0, {}};
  auto size = kHeaderSize + user.value.size() + 1;

  DecodedRequest decoded;
  auto& request = decoded.message;
  request.command = static_cast<Command>(command);
  request.user = user.value;
  request.target.port = octet_pair(input, 2);
  if (announces_name(input)) {
    const auto name = text_at(input, size);
    if (name.progress != Progress::complete) return {name.progress, 0, {}};
    auto host = parse_host(name.value);
    if (!host) return invalid();
    request.target.host = std::move(*host);
    size += name.value.size() + 1;
  } else {
    net::AddressV4::bytes_type bytes;
    std::memcpy(bytes.data(), &input[4], bytes.size());
    request.target.host = net::Address{net::AddressV4(bytes)};
  }
  decoded.progress = Progress::complete;
  decoded.size = size;
  return decoded;
}

Bytes encode_answer(Reply reply, const net::Endpoint& bound) {
  Bytes bytes;
  append(bytes, {0, static_cast<std::uint8_t>(reply)});
  const bool tellable = bound.address.is_v4();
  append_pair(bytes, tellable ? bound.port : std::uint16_t{0});
  append(bytes, (tellable ? bound.address.to_v4() : net::AddressV4::any()).to_bytes());
  return bytes;
}

Bytes encode_connect(const Target& target, std::string_view user) {
  Bytes bytes;
  append(bytes, {kVersion, static_cast<std::uint8_t>(Command::connect)});
  append_pair(bytes, target.port);
  const auto* address = std::get_if<net::Address>(&target.host);
  // An address that cannot be says that a name follows (4a).
  const net::AddressV4 named(1);
  append(bytes, (address != nullptr ? address->to_v4() : named).to_bytes());
  append(bytes, user);
  append(bytes, {0});
  if (address != nullptr) return bytes;
  append(bytes, std::get<std::string>(target.host));
  append(bytes, {0});
  return bytes;
}

std::optional<Answer> decode_answer(std::span<const std::byte> input) {
  constexpr std::uint8_t kAnswerVersion = 0;
  constexpr std::uint8_t kFirst = 90;
  constexpr std::uint8_t kLast = 93;
  const auto reply = octet(input, 1);
  if (octet(input, 0) != kAnswerVersion || reply < kFirst || reply > kLast) return std::nullopt;
  net::AddressV4::bytes_type bytes;
  std::memcpy(bytes.data(), &input[4], bytes.size());
  return Answer{static_cast<Reply>(reply), {net::AddressV4(bytes), octet_pair(input, 2)}};
}

}  // namespace dispatch::proxy::socks4
