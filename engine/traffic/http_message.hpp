// Heads of HTTP/1.1 messages over the seam; bodies are the caller's, as plain bytes.
//
// Boost.Beast parses and writes the heads; it is kept behind this header because it is slow to
// compile.
#pragma once

#include "engine/net/runtime.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dispatch::traffic {

struct HttpRequest {
  std::string method;
  std::string path;
  std::string host;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
  // (received) Through a proxy that speaks HTTP (Via), and what it asks for of what has this entity
  // tag: all from that octet on.
  bool by_proxy = false;
  std::string if_range{};
  std::optional<std::uint64_t> range_from{};
};

struct HttpResponse {
  unsigned status = 0;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
  // (sent) Not empty: a part of it may be asked for. With `range_from`, it is the rest from there.
  std::string entity_tag{};
  std::optional<std::uint64_t> range_from{};
};

// One connection, used by one side: heads and body bytes in the order of the protocol.
class HttpConnection {
 public:
  // Does not own `stream`.
  HttpConnection(net::Stream& stream, net::asio::any_io_executor executor);
  ~HttpConnection();

  // Errors: asio::error::eof where the peer ended the connection between two messages; Beast's
  // where the head is not HTTP, is too large, or has a body without Content-Length.
  net::Task<net::Result<HttpRequest>> read_request();
  net::Task<net::Result<HttpResponse>> read_response(bool to_head_request = false);
  net::Task<net::Status> write_request(HttpRequest request);
  net::Task<net::Status> write_response(HttpResponse response);

  // Body bytes that follow a head: at least one, 0 at the end of stream.
  net::Task<net::Result<std::size_t>> read_body_some(std::span<std::byte> buffer);
  // The same, and they are forgotten: at most `most`.
  net::Task<net::Result<std::size_t>> discard_body_some(std::size_t most);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dispatch::traffic
