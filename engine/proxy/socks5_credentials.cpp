// RFC 1929.
#include "engine/proxy/socks5.hpp"

#include <cassert>

namespace dispatch::proxy::socks5 {
namespace {

constexpr std::uint8_t kSubnegotiation = 1;
constexpr std::uint8_t kAccepted = 0;
constexpr std::uint8_t kDenied = 1;

}  // namespace

Decoded<Credentials> decode_credentials(std::span<const std::byte> input) {
  if (input.empty()) return {};
  if (octet(input, 0) != kSubnegotiation) return {Progress::invalid, 0, {}, {}};
  if (input.size() < 2) return {};
  const std::size_t user_size = octet(input, 1);
  if (user_size == 0) return {Progress::invalid, 0, {}, {}};
  if (input.size() < 2 + user_size + 1) return {};
  const std::size_t password_size = octet(input, 2 + user_size);
  const auto size = 2 + user_size + 1 + password_size;
  if (input.size() < size) return {};
  Decoded<Credentials> decoded{Progress::complete, size, {}, Reply::succeeded};
  decoded.message.user = text_of(input.subspan(2, user_size));
  decoded.message.password = text_of(input.subspan(3 + user_size, password_size));
  return decoded;
}

Bytes encode_credentials_status(bool accepted) {
  Bytes bytes;
  append(bytes, {kSubnegotiation, accepted ? kAccepted : kDenied});
  return bytes;
}

Bytes encode_credentials(const Credentials& credentials) {
  const auto& [user, password] = credentials;
  assert(!user.empty() && user.size() <= 255 && password.size() <= 255);
  Bytes bytes;
  append(bytes, {kSubnegotiation, static_cast<std::uint8_t>(user.size())});
  append(bytes, user);
  append(bytes, {static_cast<std::uint8_t>(password.size())});
  append(bytes, password);
  return bytes;
}

Decoded<bool> decode_credentials_status(std::span<const std::byte> input) {
  if (input.size() < 2) return {};
  return {Progress::complete, 2, octet(input, 1) == kAccepted, Reply::succeeded};
}

}  // namespace dispatch::proxy::socks5
