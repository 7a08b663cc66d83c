#include "engine/proxy/entrance.hpp"

#include "engine/proxy/octets.hpp"
#include "engine/tls/session.hpp"
#include "engine/tls/stream.hpp"

#include <boost/system/errc.hpp>

namespace dispatch::proxy {
namespace {

using net::Result;
using net::Status;
using net::Task;
namespace errc = boost::system::errc;

Task<Result<int>> first_byte(Client& client) {
  if (client.buffer.bytes().empty()) {
    const QuietClients::Entry quiet(client.service.quiet_clients, *client.stream);
    const auto got = co_await client.buffer.fill_from(*client.stream);
    if (!got) co_return got.error();
    if (*got == 0) co_return net::Error{net::asio::error::eof};
  }
  co_return static_cast<int>(octet(client.buffer.bytes(), 0));
}

Task<Status> begin_tls(Client& client) {
  const auto bytes = client.buffer.bytes();
  std::vector<std::byte> early(bytes.begin(), bytes.end());
  client.buffer.consume(early.size());
  auto secured = co_await tls::Stream::accept(client.runtime(), client.service.options.tls,
                                              std::move(client.stream), std::move(early));
  if (!secured) co_return secured.error();
  client.stream = std::move(*secured);
  co_return Status{};
}

Task<Result<int>> pass(Client& client) {
  const auto first = co_await first_byte(client);
  if (!first) co_return first.error();
  if (*first == tls::kFirstByte && client.service.options.tls) {
    if (const auto error = co_await begin_tls(client)) co_return error;
    co_return co_await first_byte(client);
  }
  if (client.entrance.tls_only) co_return errc::make_error_code(errc::protocol_error);
  co_return *first;
}

}  // namespace

Task<Result<int>> enter(Client& client) {
  co_return co_await client.in_time(pass(client));
}

}  // namespace dispatch::proxy
