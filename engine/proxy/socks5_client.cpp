#include "engine/proxy/socks5_client.hpp"

#include <boost/system/errc.hpp>

#include <array>

namespace dispatch::proxy::socks5 {

namespace errc = boost::system::errc;

net::Task<net::Result<Answer>> request_connection(net::Stream& stream, HandshakeBuffer& buffer,
                                                  Target target) {
  constexpr std::array kMethods{Method::none};
  const auto greeting = encode_greeting(kMethods);
  if (const auto error = co_await net::write_all(stream, greeting)) co_return error;
  auto method = co_await receive_message(stream, buffer, decode_method);
  if (!method) co_return method.error();
  if (method->progress == Progress::invalid) co_return errc::make_error_code(errc::protocol_error);
  if (method->message != Method::none) co_return errc::make_error_code(errc::permission_denied);

  const auto request = encode_request(Command::connect, target);
  if (const auto error = co_await net::write_all(stream, request)) co_return error;
  auto answer = co_await receive_message(stream, buffer, decode_answer);
  if (!answer) co_return answer.error();
  if (answer->progress == Progress::invalid) co_return errc::make_error_code(errc::protocol_error);
  co_return std::move(answer->message);
}

}  // namespace dispatch::proxy::socks5
