// Upstream proxies that speak SOCKS.
#include "engine/proxy/socks4.hpp"
#include "engine/proxy/socks5.hpp"
#include "engine/proxy/upstream_error.hpp"
#include "engine/proxy/upstream_handshake.hpp"

#include <boost/system/errc.hpp>

#include <array>

namespace dispatch::proxy {
namespace {

using net::Error;
using net::Result;
using net::Status;
using net::Task;
using socks5::Method;
using socks5::Reply;
namespace errc = boost::system::errc;

const net::Endpoint kUntold{net::any_address(net::Family::v4), 0};

// RFC 1928 6, as the errors of a connection.
Error error_of(Reply reply, socks5::Command asked) {
  switch (reply) {
    case Reply::connection_refused:
      return errc::make_error_code(errc::connection_refused);
    case Reply::network_unreachable:
      return errc::make_error_code(errc::network_unreachable);
    case Reply::host_unreachable:
      return errc::make_error_code(errc::host_unreachable);
    case Reply::ttl_expired:
      return errc::make_error_code(errc::timed_out);
    case Reply::address_type_not_supported:
      return errc::make_error_code(errc::address_family_not_supported);
    case Reply::not_allowed:
      return UpstreamError::refused;
    case Reply::command_not_supported:
      if (asked == socks5::Command::udp_associate) {
        return errc::make_error_code(errc::operation_not_supported);
      }
      return UpstreamError::failed;
    default:
      return UpstreamError::failed;
  }
}

// Writes to a proxy that has hung up fail before its last words are read: those count more.
Status of_writing(Error error) {
  if (error == errc::connection_reset || error == errc::broken_pipe) return UpstreamError::closed;
  return error;
}

Task<Status> authenticate(net::Stream& stream, const link::Upstream& upstream) {
  socks5::Credentials credentials{upstream.credentials->user, upstream.credentials->password};
  const auto message = socks5::encode_credentials(credentials);
  if (const auto error = co_await net::write_all(stream, message)) co_return of_writing(error);
  std::array<std::byte, 2> status;
  if (const auto error = co_await read_answer(stream, status)) co_return error;
  const bool accepted = socks5::decode_credentials_status(status).message;
  co_return accepted ? Error{} : Error{UpstreamError::not_authorized};
}

Task<Status> agree_on_method(net::Stream& stream, const link::Upstream& upstream) {
  std::vector<Method> methods{Method::none};
  if (upstream.credentials) methods.push_back(Method::password);
  const auto greeting = socks5::encode_greeting(methods);
  if (const auto error = co_await net::write_all(stream, greeting)) co_return of_writing(error);
  std::array<std::byte, 2> answer;
  if (const auto error = co_await read_answer(stream, answer)) co_return error;
  const auto method = socks5::decode_method(answer);
  if (method.progress != Progress::complete) co_return UpstreamError::not_a_proxy;
  if (method.message == Method::none) co_return Status{};
  if (method.message == Method::unacceptable) co_return UpstreamError::not_authorized;
  if (method.message != Method::password || !upstream.credentials) {
    co_return UpstreamError::not_a_proxy;
  }
  co_return co_await authenticate(stream, upstream);
}

// Where the rest of an answer ends, by the type of its address (RFC 1928 5).
std::size_t size_of_rest(std::span<const std::byte> begin) {
  constexpr std::size_t kPort = 2;
  const auto type = octet(begin, 3);
  const std::size_t first = octet(begin, 4);  // of the address, read already; the length of a name
  if (type == 1) return 4 + kPort - 1;
  if (type == 4) return 16 + kPort - 1;
  return type == 3 ? first + kPort : 0;
}

Task<Result<net::Endpoint>> receive_answer(net::Stream& stream, socks5::Command asked) {
  Bytes answer(2);
  if (const auto error = co_await read_answer(stream, answer)) co_return error;
  if (octet(answer, 0) != socks5::kVersion) co_return Error{UpstreamError::not_a_proxy};
  // Some proxies say no more than this before they hang up.
  const auto reply = static_cast<Reply>(octet(answer, 1));
  if (reply != Reply::succeeded) co_return error_of(reply, asked);
  answer.resize(5);
  const auto head = std::span(answer).subspan(2);
  if (const auto error = co_await read_answer(stream, head)) co_return error;
  const auto rest_size = size_of_rest(answer);
  if (rest_size == 0) co_return Error{UpstreamError::not_a_proxy};
  answer.resize(5 + rest_size);
  const auto rest = std::span(answer).subspan(5);
  if (const auto error = co_await read_answer(stream, rest)) co_return error;
  const auto decoded = socks5::decode_answer(answer);
  if (decoded.progress != Progress::complete) co_return Error{UpstreamError::not_a_proxy};
  const auto& bound = decoded.message.bound;
  const auto* address = std::get_if<net::Address>(&bound.host);
  co_return address != nullptr ? net::Endpoint{*address, bound.port} : kUntold;
}

}  // namespace

Task<Result<net::Endpoint>> ask_socks5(net::Stream& stream, const link::Upstream& upstream,
                                       Target target) {
  if (const auto error = co_await agree_on_method(stream, upstream)) co_return error;
  const auto request = socks5::encode_request(socks5::Command::connect, target);
  if (const auto error = co_await net::write_all(stream, request)) co_return of_writing(error);
  co_return co_await receive_answer(stream, socks5::Command::connect);
}

// Where the relay is at no certain address, it is at the proxy's.
Task<Result<net::Endpoint>> associate_upstream(net::Stream& stream,
                                               const link::Upstream& upstream) {
  if (const auto error = co_await agree_on_method(stream, upstream)) co_return error;
  const Target anywhere{net::any_address(net::Family::v4), 0};
  const auto request = socks5::encode_request(socks5::Command::udp_associate, anywhere);
  if (const auto error = co_await net::write_all(stream, request)) co_return of_writing(error);
  auto relay = co_await receive_answer(stream, socks5::Command::udp_associate);
  if (!relay) co_return relay.error();
  if (relay->port == 0) co_return Error{UpstreamError::not_a_proxy};
  if (relay->address.is_unspecified()) relay->address = stream.remote_endpoint().address;
  co_return relay;
}

Task<Result<net::Endpoint>> ask_socks4(net::Stream& stream, const link::Upstream& upstream,
                                       Target target) {
  const auto* address = std::get_if<net::Address>(&target.host);
  if (address != nullptr && !address->is_v4()) {
    co_return errc::make_error_code(errc::address_family_not_supported);
  }
  const auto user = upstream.credentials ? upstream.credentials->user : std::string();
  const auto request = socks4::encode_connect(target, user);
  if (const auto error = co_await net::write_all(stream, request)) co_return of_writing(error);
  std::array<std::byte, socks4::kAnswerSize> bytes;
  if (const auto error = co_await read_answer(stream, bytes)) co_return error;
  const auto answer = socks4::decode_answer(bytes);
  if (!answer) co_return Error{UpstreamError::not_a_proxy};
  switch (answer->reply) {
    case socks4::Reply::granted:
      co_return answer->bound;
    case socks4::Reply::no_identd:
    case socks4::Reply::other_user:
      co_return Error{UpstreamError::not_authorized};
    case socks4::Reply::rejected:
      break;
  }
  co_return Error{UpstreamError::failed};
}

}  // namespace dispatch::proxy
