#include "engine/proxy/socks5_client.hpp"

#include <boost/system/errc.hpp>

#include <array>

namespace dispatch::proxy::socks5 {

namespace errc = boost::system::errc;

namespace {

net::Task<net::Status> log_in(net::Stream& stream, HandshakeBuffer& buffer,
                              const Credentials& credentials) {
  const auto message = encode_credentials(credentials);
  if (const auto error = co_await net::write_all(stream, message)) co_return error;
  const auto status = co_await receive_message(stream, buffer, decode_credentials_status);
  if (!status) co_return status.error();
  if (status->progress == Progress::invalid) co_return errc::make_error_code(errc::protocol_error);
  if (!status->message) co_return errc::make_error_code(errc::permission_denied);
  co_return net::Status{};
}

}  // namespace

net::Task<net::Result<Answer>> request_connection(net::Stream& stream, HandshakeBuffer& buffer,
                                                  Target target, const Credentials* credentials,
                                                  Command command) {
  const std::array methods{credentials == nullptr ? Method::none : Method::password};
  const auto greeting = encode_greeting(methods);
  if (const auto error = co_await net::write_all(stream, greeting)) co_return error;
  auto method = co_await receive_message(stream, buffer, decode_method);
  if (!method) co_return method.error();
  if (method->progress == Progress::invalid) co_return errc::make_error_code(errc::protocol_error);
  if (method->message != methods[0]) co_return errc::make_error_code(errc::permission_denied);
  if (credentials != nullptr) {
    if (const auto error = co_await log_in(stream, buffer, *credentials)) co_return error;
  }

  const auto request = encode_request(command, target);
  if (const auto error = co_await net::write_all(stream, request)) co_return error;
  auto answer = co_await receive_message(stream, buffer, decode_answer);
  if (!answer) co_return answer.error();
  if (answer->progress == Progress::invalid) co_return errc::make_error_code(errc::protocol_error);
  co_return std::move(answer->message);
}

}  // namespace dispatch::proxy::socks5
