#include "engine/traffic/reach.hpp"

#include "engine/proxy/socks5_client.hpp"
#include "engine/tls/stream.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <utility>

namespace dispatch::traffic {
namespace {

using net::Error;
using net::Status;
using net::Task;
namespace errc = boost::system::errc;
namespace socks5 = proxy::socks5;

// A failed reply of the proxy's, as the error that the connection itself would have had.
Error error_of(socks5::Reply reply) {
  switch (reply) {
    case socks5::Reply::network_unreachable:
      return errc::make_error_code(errc::network_unreachable);
    case socks5::Reply::host_unreachable:
    case socks5::Reply::ttl_expired:
      return errc::make_error_code(errc::host_unreachable);
    case socks5::Reply::connection_refused:
      return errc::make_error_code(errc::connection_refused);
    case socks5::Reply::not_allowed:
      return errc::make_error_code(errc::permission_denied);
    case socks5::Reply::command_not_supported:
      return errc::make_error_code(errc::operation_not_supported);
    case socks5::Reply::address_type_not_supported:
      return errc::make_error_code(errc::address_family_not_supported);
    default:
      return errc::make_error_code(errc::connection_aborted);
  }
}

class Reach {
 public:
  Reach(net::Runtime& runtime, const TransferOptions& options, std::string& failure)
      : runtime_(runtime), options_(options), failure_(failure) {}

  // A connection to the origin.
  Task<Status> run() {
    if (options_.socks5) co_return co_await reach_through_proxy();
    net::Endpoint remote{{}, options_.origin.port};
    if (const auto* name = std::get_if<std::string>(&options_.origin.host)) {
      net::ResolveQuery query;
      query.name = *name;
      query.egress = options_.egress;
      const auto resolved = co_await runtime_.resolver().resolve(std::move(query));
      if (!resolved) co_return failed("name resolution", resolved.error());
      remote.address = resolved->front().address;
    } else {
      remote.address = std::get<net::Address>(options_.origin.host);
    }
    auto stream = co_await runtime_.network().connect(remote, options_.egress);
    if (!stream) co_return failed("connection", stream.error());
    stream_ = std::move(*stream);
    co_return Status{};
  }

  // What the proxy's listener asks for before SOCKS.
  Task<Status> enter_proxy() {
    if (options_.announce) {
      const proxy::proxy_protocol::Addresses own{stream_->local_endpoint(), *options_.socks5};
      const auto header = proxy::proxy_protocol::encode(*options_.announce, own);
      const auto error = co_await net::write_all(*stream_, header);
      if (error) co_return failed("PROXY header", error);
    }
    if (!options_.tls) co_return Status{};
    auto context = options_.tls;
    auto plain = std::move(stream_);
    auto name = options_.socks5->address.to_string();
    auto secured = co_await tls::Stream::connect(runtime_, std::move(context), std::move(plain),
                                                 std::move(name));
    if (!secured) co_return failed("TLS with the proxy", secured.error());
    stream_ = std::move(*secured);
    co_return Status{};
  }

  Task<Status> reach_through_proxy() {
    auto stream = co_await runtime_.network().connect(*options_.socks5, net::kAnyEgress);
    if (!stream) co_return failed("connection to the proxy", stream.error());
    stream_ = std::move(*stream);
    if (const auto error = co_await enter_proxy()) co_return error;
    if (options_.forwarded) co_return Status{};
    proxy::HandshakeBuffer buffer;
    const auto* credentials = options_.credentials ? &*options_.credentials : nullptr;
    const auto answer =
        co_await socks5::request_connection(*stream_, buffer, options_.origin, credentials);
    if (!answer) co_return failed("SOCKS5 handshake", answer.error());
    if (answer->reply != socks5::Reply::succeeded) {
      failure_ = fmt::format("SOCKS5 reply {:02x}: {}", static_cast<unsigned>(answer->reply),
                             to_string(answer->reply));
      co_return error_of(answer->reply);
    }
    // An HTTP server speaks second: nothing may have come yet.
    if (!buffer.bytes().empty()) {
      co_return failed("SOCKS5 handshake", errc::make_error_code(errc::protocol_error));
    }
    co_return Status{};
  }

  net::StreamPtr take() { return std::move(stream_); }

 private:
  Status failed(const char* step, const Error& error) {
    failure_ = fmt::format("{}: {}", step, error.message());
    return error;
  }

  net::Runtime& runtime_;
  const TransferOptions& options_;
  std::string& failure_;
  net::StreamPtr stream_;
};

}  // namespace

Task<net::Result<net::StreamPtr>> reach_origin(net::Runtime& runtime,
                                               const TransferOptions& options,
                                               std::string& failure) {
  Reach reach(runtime, options, failure);
  if (const auto error = co_await reach.run()) co_return error;
  auto stream = reach.take();
  stream->no_delay(false);  // as programs have it that nobody tuned
  if (options.connected) options.connected(stream->local_endpoint());
  co_return stream;
}

Error error_of_reply(socks5::Reply reply) {
  return error_of(reply);
}

}  // namespace dispatch::traffic
