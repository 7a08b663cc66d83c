// Heads as Boost.Beast parses them. By itself, since Beast is slow to compile.
#include "engine/proxy/http_head.hpp"
#include "engine/proxy/http_head_scanner.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

#include <limits>

namespace dispatch::proxy::http {
namespace {

namespace beast = boost::beast;

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

Fault fault_of(const boost::system::error_code& error) {
  if (error == beast::http::error::bad_version) return {505, "not HTTP/1.0 or HTTP/1.1"};
  return {400, error.message()};
}

template <bool isRequest>
Checked<Fields> parse(std::string_view text,
                      beast::http::parser<isRequest, beast::http::empty_body>& parser) {
  parser.header_limit(std::numeric_limits<std::uint32_t>::max());  // HeadScanner has seen to it
  parser.body_limit(boost::none);
  boost::system::error_code error;
  const auto taken = parser.put(boost::asio::buffer(text.data(), text.size()), error);
  if (error) return fault_of(error);
  if (!parser.is_header_done() || taken != text.size()) return Fault{400, "an incomplete head"};
  Fields fields;
  for (const auto& field : parser.get()) fields.add(view(field.name_string()), view(field.value()));
  return fields;
}

}  // namespace

Checked<RequestHead> parse_request_head(std::string_view text) {
  beast::http::request_parser<beast::http::empty_body> parser;
  auto fields = parse(text, parser);
  if (!fields) return fields.error();
  const auto& message = parser.get();
  return RequestHead{std::string(view(message.method_string())),
                     std::string(view(message.target())), message.version() % 10,
                     std::move(*fields)};
}

Checked<ResponseHead> parse_response_head(std::string_view text) {
  beast::http::response_parser<beast::http::empty_body> parser;
  auto fields = parse(text, parser);
  if (!fields) return fields.error();
  const auto& message = parser.get();
  if (message.result_int() < 100) return Fault{400, "a status below 100"};
  return ResponseHead{message.result_int(), std::string(view(message.reason())),
                      message.version() % 10, std::move(*fields)};
}

Checked<Fields> parse_fields(std::string_view text) {
  // Beast parses whole heads only: this is the shortest.
  auto head = parse_request_head("PUT / HTTP/1.1\r\n" + std::string(text));
  if (!head) return head.error();
  return std::move(head->fields);
}

}  // namespace dispatch::proxy::http
