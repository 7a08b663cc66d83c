#include "engine/traffic/http_message.hpp"

#include "engine/net/async_stream.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <fmt/format.h>

#include <charconv>
#include <cstring>

namespace dispatch::traffic {
namespace {

namespace asio = net::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr unsigned kVersion11 = 11;
constexpr std::uint32_t kHeadSizeMax = 16 * 1024;

std::string text(beast::string_view view) {
  return {view.data(), view.size()};
}

// "bytes=N-" only.
std::optional<std::uint64_t> open_range(std::string_view value) {
  constexpr std::string_view kUnit = "bytes=";
  if (!value.starts_with(kUnit) || !value.ends_with('-')) return std::nullopt;
  std::uint64_t from = 0;
  const auto* end = value.data() + value.size() - 1;
  const auto parsed = std::from_chars(value.data() + kUnit.size(), end, from);
  return parsed.ec == std::errc{} && parsed.ptr == end ? std::optional(from) : std::nullopt;
}

}  // namespace

struct HttpConnection::Impl {
  Impl(net::Stream& below, asio::any_io_executor executor) : stream(below, std::move(executor)) {}

  // Reads a head into `parser` and sets it up so that the body is left alone.
  template <bool isRequest>
  net::Task<net::Status> read_head(http::parser<isRequest, http::empty_body>& parser) {
    parser.header_limit(kHeadSizeMax);
    parser.body_limit(boost::none);
    net::Error error;
    co_await http::async_read_header(stream, buffer, parser,
                                     asio::redirect_error(asio::use_awaitable, error));
    if (error == http::error::end_of_stream) co_return net::Error{asio::error::eof};
    co_return error;
  }

  template <bool isRequest>
  net::Task<net::Status> write_head(http::message<isRequest, http::empty_body>& message) {
    http::serializer<isRequest, http::empty_body> serializer(message);
    net::Error error;
    co_await http::async_write_header(stream, serializer,
                                      asio::redirect_error(asio::use_awaitable, error));
    co_return error;
  }

  net::AsyncStream stream;
  beast::flat_buffer buffer;  // what has arrived beyond the last head
};

HttpConnection::HttpConnection(net::Stream& stream, asio::any_io_executor executor)
    : impl_(std::make_unique<Impl>(stream, std::move(executor))) {}

HttpConnection::~HttpConnection() = default;

net::Task<net::Result<HttpRequest>> HttpConnection::read_request() {
  http::request_parser<http::empty_body> parser;
  if (const auto error = co_await impl_->read_head(parser)) co_return error;
  if (parser.chunked()) co_return net::Error{http::error::bad_transfer_encoding};
  const auto& head = parser.get();
  HttpRequest request;
  request.method = text(head.method_string());
  request.path = text(head.target());
  request.host = text(head[http::field::host]);
  request.content_length = parser.content_length().value_or(0);
  request.keep_alive = head.keep_alive();
  request.by_proxy = head.count(http::field::via) != 0;
  request.if_range = text(head[http::field::if_range]);
  request.range_from = open_range(text(head[http::field::range]));
  co_return request;
}

net::Task<net::Result<HttpResponse>> HttpConnection::read_response(bool to_head_request) {
  http::response_parser<http::empty_body> parser;
  parser.skip(to_head_request);
  if (const auto error = co_await impl_->read_head(parser)) co_return error;
  if (parser.chunked()) co_return net::Error{http::error::bad_transfer_encoding};
  HttpResponse response;
  response.status = parser.get().result_int();
  response.content_length = parser.content_length().value_or(0);
  response.keep_alive = parser.get().keep_alive();
  co_return response;
}

net::Task<net::Status> HttpConnection::write_request(HttpRequest request) {
  http::request<http::empty_body> head;
  head.version(kVersion11);
  head.method_string(request.method);
  head.target(request.path);
  head.set(http::field::host, request.host);
  head.set(http::field::user_agent, "dispatch");
  if (request.content_length != 0) head.content_length(request.content_length);
  head.keep_alive(request.keep_alive);
  co_return co_await impl_->write_head(head);
}

net::Task<net::Status> HttpConnection::write_response(HttpResponse response) {
  http::response<http::empty_body> head;
  head.version(kVersion11);
  head.result(response.status);
  head.set(http::field::server, "dispatch");
  head.set(http::field::content_type, "application/octet-stream");
  head.content_length(response.content_length);
  head.keep_alive(response.keep_alive);
  if (!response.entity_tag.empty()) {
    head.set(http::field::etag, response.entity_tag);
    head.set(http::field::accept_ranges, "bytes");
  }
  if (const auto from = response.range_from) {
    const auto length = *from + response.content_length;
    head.set(http::field::content_range, fmt::format("bytes {}-{}/{}", *from, length - 1, length));
  }
  co_return co_await impl_->write_head(head);
}

net::Task<net::Result<std::size_t>> HttpConnection::read_body_some(std::span<std::byte> buffer) {
  const auto early = impl_->buffer.data();
  if (early.size() != 0) {
    const auto count = std::min(early.size(), buffer.size());
    std::memcpy(buffer.data(), early.data(), count);
    impl_->buffer.consume(count);
    co_return count;
  }
  co_return co_await impl_->stream.stream().read_some(buffer);
}

net::Task<net::Result<std::size_t>> HttpConnection::discard_body_some(std::size_t most) {
  if (const auto early = impl_->buffer.size(); early != 0) {
    const auto count = std::min(early, most);
    impl_->buffer.consume(count);
    co_return count;
  }
  co_return co_await impl_->stream.stream().discard_some(most);
}

}  // namespace dispatch::traffic
