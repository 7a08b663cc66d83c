#include "engine/proxy/socks5.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

namespace dispatch::proxy::socks5 {
namespace {

enum AddressType : std::uint8_t { kIpv4 = 1, kDomain = 3, kIpv6 = 4 };

constexpr std::size_t kHeaderSize = 4;  // VER, code, RSV, ATYP
constexpr std::size_t kNameSizeMax = 255;

template <typename Message>
Decoded<Message> invalid(Reply reply = Reply::general_failure) {
  return {Progress::invalid, 0, {}, reply};
}

// Requests and answers share one shape (RFC 1928 4 and 6): VER, a code, RSV, ATYP, address, port.
struct Frame {
  std::uint8_t code = 0;
  Target target;
};

Decoded<Frame> decode_frame(std::span<const std::byte> input) {
  if (input.empty()) return {};
  if (octet(input, 0) != kVersion) return invalid<Frame>();
  if (input.size() < 5) return {};
  const auto type = octet(input, 3);
  std::size_t address_size = 0;
  switch (type) {
    case kIpv4:
      address_size = 4;
      break;
    case kIpv6:
      address_size = 16;
      break;
    case kDomain:
      address_size = 1 + std::size_t{octet(input, kHeaderSize)};
      break;
    default:
      return invalid<Frame>(Reply::address_type_not_supported);
  }
  const std::size_t size = kHeaderSize + address_size + 2;
  if (input.size() < size) return {};

  Decoded<Frame> decoded{Progress::complete, size, {}, Reply::succeeded};
  decoded.message.code = octet(input, 1);
  auto& target = decoded.message.target;
  target.port = octet_pair(input, size - 2);
  if (type == kIpv4) {
    net::AddressV4::bytes_type bytes;
    std::memcpy(bytes.data(), &input[kHeaderSize], bytes.size());
    target.host = net::Address{net::AddressV4(bytes)};
  } else if (type == kIpv6) {
    net::AddressV6::bytes_type bytes;
    std::memcpy(bytes.data(), &input[kHeaderSize], bytes.size());
    target.host = net::unmapped(net::AddressV6(bytes));
  } else {
    // Some clients send a literal address as a name (RFC 1928 does not forbid it).
    auto host = parse_host(text_of(input.subspan(kHeaderSize + 1, address_size - 1)));
    if (!host) return invalid<Frame>(Reply::host_unreachable);
    target.host = std::move(*host);
  }
  return decoded;
}

Bytes encode_frame(std::uint8_t code, const Target& target) {
  Bytes bytes;
  bytes.reserve(kHeaderSize + 1 + kNameSizeMax + 2);
  append(bytes, {kVersion, code, 0});
  if (const auto* address = std::get_if<net::Address>(&target.host)) {
    if (address->is_v6()) {
      append(bytes, {kIpv6});
      append(bytes, address->to_v6().to_bytes());
    } else {
      append(bytes, {kIpv4});
      append(bytes, address->to_v4().to_bytes());
    }
  } else {
    const auto& name = std::get<std::string>(target.host);
    assert(name.size() <= kNameSizeMax);
    append(bytes, {kDomain, static_cast<std::uint8_t>(name.size())});
    append(bytes, name);
  }
  append_pair(bytes, target.port);
  return bytes;
}

template <typename Message, typename Convert>
Decoded<Message> converted(Decoded<Frame> frame, Convert convert) {
  if (frame.progress != Progress::complete) return {frame.progress, 0, {}, frame.reply};
  return {Progress::complete, frame.size, convert(std::move(frame.message)), Reply::succeeded};
}

}  // namespace

std::string_view to_string(Reply reply) {
  switch (reply) {
    case Reply::succeeded:
      return "succeeded";
    case Reply::general_failure:
      return "general SOCKS server failure";
    case Reply::not_allowed:
      return "connection not allowed by ruleset";
    case Reply::network_unreachable:
      return "network unreachable";
    case Reply::host_unreachable:
      return "host unreachable";
    case Reply::connection_refused:
      return "connection refused";
    case Reply::ttl_expired:
      return "TTL expired";
    case Reply::command_not_supported:
      return "command not supported";
    case Reply::address_type_not_supported:
      return "address type not supported";
  }
  return "unassigned reply";
}

bool Greeting::offers(Method method) const {
  return std::find(methods.begin(), methods.end(), method) != methods.end();
}

Decoded<Greeting> decode_greeting(std::span<const std::byte> input) {
  if (input.empty()) return {};
  if (octet(input, 0) != kVersion) return invalid<Greeting>();
  if (input.size() < 2) return {};
  const std::size_t size = 2 + std::size_t{octet(input, 1)};
  if (input.size() < size) return {};
  Decoded<Greeting> decoded{Progress::complete, size, {}, Reply::succeeded};
  for (std::size_t i = 2; i < size; ++i) {
    decoded.message.methods.push_back(static_cast<Method>(octet(input, i)));
  }
  return decoded;
}

Decoded<Request> decode_request(std::span<const std::byte> input) {
  auto decoded = converted<Request>(decode_frame(input), [](Frame&& frame) {
    return Request{static_cast<Command>(frame.code), std::move(frame.target)};
  });
  if (decoded.progress != Progress::complete) return decoded;
  const auto code = static_cast<std::uint8_t>(decoded.message.command);
  if (code < 1 || code > 3) return invalid<Request>(Reply::command_not_supported);
  return decoded;
}

Bytes encode_method(Method method) {
  return {std::byte{kVersion}, std::byte{static_cast<std::uint8_t>(method)}};
}

Bytes encode_answer(Reply reply, const net::Endpoint& bound) {
  return encode_frame(static_cast<std::uint8_t>(reply), {bound.address, bound.port});
}

Bytes encode_greeting(std::span<const Method> methods) {
  Bytes bytes;
  bytes.reserve(2 + methods.size());
  append(bytes, {kVersion, static_cast<std::uint8_t>(methods.size())});
  append(bytes, methods);
  return bytes;
}

Bytes encode_request(Command command, const Target& target) {
  return encode_frame(static_cast<std::uint8_t>(command), target);
}

Decoded<Method> decode_method(std::span<const std::byte> input) {
  if (input.empty()) return {};
  if (octet(input, 0) != kVersion) return invalid<Method>();
  if (input.size() < 2) return {};
  return {Progress::complete, 2, static_cast<Method>(octet(input, 1)), Reply::succeeded};
}

Decoded<Answer> decode_answer(std::span<const std::byte> input) {
  return converted<Answer>(decode_frame(input), [](Frame&& frame) {
    return Answer{static_cast<Reply>(frame.code), std::move(frame.target)};
  });
}

}  // namespace dispatch::proxy::socks5
