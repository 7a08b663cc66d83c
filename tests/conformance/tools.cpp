#include "tests/conformance/tools.hpp"

#include "tests/conformance/case.hpp"

#include <algorithm>
#include <cstring>

namespace dispatch::conformance {
namespace {

// SplitMix64 of the place.
std::uint64_t word_at(std::uint64_t index) {
  auto z = (index + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

std::byte byte_at(std::uint64_t offset) {
  return static_cast<std::byte>(word_at(offset / 8) >> (offset % 8 * 8));
}

}  // namespace

net::Address other_address(const net::Address& address) {
  constexpr std::uint8_t kOther = 77;
  if (address.is_v4())
    return net::asio::ip::address_v4((address.to_v4().to_uint() & ~255u) | kOther);
  auto bytes = address.to_v6().to_bytes();
  bytes.back() = 0x77;
  return net::asio::ip::address_v6(bytes);
}

std::vector<std::byte> pattern(std::size_t bytes, std::uint64_t offset) {
  std::vector<std::byte> data(bytes);
  for (std::size_t i = 0; i < bytes; ++i) data[i] = byte_at(offset + i);
  return data;
}

bool matches_pattern(std::span<const std::byte> bytes, std::uint64_t offset) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != byte_at(offset + i)) return false;
  }
  return true;
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

net::Task<Pair> connect_pair(World& world, net::Family family, const net::Egress& egress) {
  const auto listener =
      world.server().network().listen({world.server_address(family), 0}, net::ListenOptions{});
  REQUIRE_SUCCESS(listener);
  const auto remote = (*listener)->local_endpoint();
  auto client = co_await world.client().network().connect(remote, egress);
  REQUIRE_SUCCESS(client);
  auto server = co_await (*listener)->accept();
  REQUIRE_SUCCESS(server);
  Pair pair;
  pair.client = std::move(*client);
  pair.server = std::move(*server);
  co_return pair;
}

net::Task<net::Result<std::size_t>> send_pattern(net::Stream& stream, std::size_t bytes) {
  std::size_t sent = 0;
  std::size_t piece = 1;
  while (sent < bytes) {
    piece = piece * 7 % 262139;
    const auto data = pattern(std::min(piece, bytes - sent), sent);
    const auto error = co_await net::write_all(stream, data);
    if (error) co_return error;
    sent += data.size();
  }
  co_return sent;
}

net::Task<net::Result<std::size_t>> receive_pattern(net::Stream& stream) {
  std::vector<std::byte> buffer(100'003);
  std::size_t received = 0;
  for (;;) {
    const auto got = co_await stream.read_some(buffer);
    if (!got) co_return got.error();
    if (*got == 0) co_return received;
    if (!matches_pattern(std::span(buffer).first(*got), received)) {
      co_return net::errno_error(EILSEQ);
    }
    received += *got;
  }
}

net::Task<net::Result<std::size_t>> as_result(net::Task<net::Status> operation) {
  const auto error = co_await std::move(operation);
  if (error) co_return error;
  co_return std::size_t{0};
}

net::Task<net::Result<std::size_t>> relayed(net::Stream& source, net::Stream& sink) {
  net::ByteCounter counter;
  const auto end = co_await source.relay_to(sink, counter);
  if (end.failed != net::RelayEnd::Side::none) co_return end.error;
  co_return static_cast<std::size_t>(counter.total());
}

net::Task<void> pause(World& world, net::Duration duration) {
  const auto error = co_await world.client().clock().sleep_for(duration);
  BOOST_REQUIRE(!error);
}

}  // namespace dispatch::conformance
