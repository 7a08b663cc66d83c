#include "engine/proxy/entrance.hpp"

#include "engine/proxy/octets.hpp"
#include "engine/proxy/proxy_protocol.hpp"
#include "engine/tls/session.hpp"
#include "engine/tls/stream.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>
#include <utility>

namespace dispatch::proxy {
namespace {

using net::Result;
using net::Status;
using net::Task;
namespace errc = boost::system::errc;

Task<Result<int>> first_byte(Client& client, net::TimePoint deadline) {
  if (client.buffer.bytes().empty()) {
    const QuietClients::Entry quiet(client.service.quiet_clients, *client.stream);
    const auto got = co_await client.buffer.fill_from(*client.stream, deadline);
    if (!got) co_return got.error();
    if (*got == 0) co_return net::Error{net::asio::error::eof};
  }
  co_return static_cast<int>(octet(client.buffer.bytes(), 0));
}

Task<Status> skip(Client& client, net::TimePoint deadline, std::size_t bytes) {
  auto& buffer = client.buffer;
  for (;;) {
    const auto here = std::min(bytes, buffer.bytes().size());
    buffer.consume(here);
    bytes -= here;
    if (bytes == 0) co_return Status{};
    const auto got = co_await buffer.fill_from(*client.stream, deadline);
    if (!got) co_return got.error();
    if (*got == 0) co_return Status{net::asio::error::eof};
  }
}

Task<Status> learn_client(Client& client, net::TimePoint deadline) {
  auto header =
      co_await receive_message(*client.stream, client.buffer, proxy_protocol::decode, deadline);
  if (!header) co_return header.error();
  if (header->progress == Progress::invalid) co_return errc::make_error_code(errc::protocol_error);
  if (const auto error = co_await skip(client, deadline, header->message.rest)) co_return error;
  if (!header->message.addresses) co_return Status{};
  const auto by = std::exchange(client.peer, Peer(header->message.addresses->source));
  client.peer.address = net::unmapped(client.peer.address);
  client.runtime().log().debug("{} comes by {}", to_string(client.peer), to_string(by));
  co_return client.place.belongs_to(client.peer.address);
}

Task<Status> begin_tls(Client& client, net::TimePoint deadline) {
  const auto bytes = client.buffer.bytes();
  std::vector<std::byte> early(bytes.begin(), bytes.end());
  client.buffer.consume(early.size());
  auto handshake = tls::Stream::accept(client.runtime(), client.service.options.tls,
                                       std::move(client.stream), std::move(early));
  auto secured =
      co_await net::with_deadline(client.runtime().clock(), deadline, std::move(handshake));
  if (!secured) co_return secured.error();
  client.stream = std::move(*secured);
  co_return Status{};
}

}  // namespace

Task<Result<int>> enter(Client& client) {
  const auto deadline = client.deadline();
  if (client.entrance.accept_proxy) {
    if (const auto error = co_await learn_client(client, deadline)) {
      client.stream->abort();
      co_return error;
    }
  }
  const auto first = co_await first_byte(client, deadline);
  if (!first) co_return first.error();
  if (*first == tls::kFirstByte && client.service.options.tls) {
    if (const auto error = co_await begin_tls(client, deadline)) co_return error;
    co_return co_await first_byte(client, deadline);
  }
  if (client.entrance.tls_only) co_return errc::make_error_code(errc::protocol_error);
  co_return *first;
}

}  // namespace dispatch::proxy
