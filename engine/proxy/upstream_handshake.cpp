#include "engine/proxy/upstream_handshake.hpp"

#include "engine/proxy/upstream_error.hpp"
#include "engine/tls/stream.hpp"

#include <boost/system/errc.hpp>

namespace dispatch::proxy {

using net::Result;
using net::Task;

Task<net::Status> read_answer(net::Stream& stream, std::span<std::byte> buffer) {
  const auto got = co_await net::read_full(stream, buffer);
  if (!got) {
    // A reset by the proxy is no answer of the target's.
    if (got.error() == boost::system::errc::connection_reset) co_return UpstreamError::closed;
    co_return got.error();
  }
  if (*got < buffer.size()) co_return UpstreamError::closed;
  co_return net::Status{};
}

Task<net::Status> secure_upstream(net::Runtime& runtime, net::StreamPtr& stream,
                                  const link::Upstream& upstream) {
  if (upstream.protocol != link::UpstreamProtocol::https) co_return net::Status{};
  const auto* address = std::get_if<net::Address>(&upstream.host);
  auto name = address != nullptr ? address->to_string() : std::get<std::string>(upstream.host);
  auto context = upstream.tls;
  auto plain = std::move(stream);
  auto secured =
      co_await tls::Stream::connect(runtime, std::move(context), std::move(plain), std::move(name));
  if (!secured) co_return error_of_tls(secured.error());
  stream = std::move(*secured);
  co_return net::Status{};
}

Task<Result<net::Endpoint>> ask_upstream(net::Stream& stream, const link::Upstream& upstream,
                                         Target target) {
  switch (upstream.protocol) {
    case link::UpstreamProtocol::socks5:
      co_return co_await ask_socks5(stream, upstream, std::move(target));
    case link::UpstreamProtocol::socks4:
    case link::UpstreamProtocol::socks4a:
      co_return co_await ask_socks4(stream, upstream, std::move(target));
    case link::UpstreamProtocol::http:
    case link::UpstreamProtocol::https:
      break;
  }
  co_return co_await ask_http(stream, upstream, std::move(target));
}

}  // namespace dispatch::proxy
