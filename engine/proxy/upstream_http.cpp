// Upstream proxies that speak HTTP: CONNECT (RFC 9110 9.3.6).
#include "engine/net/resolver.hpp"
#include "engine/proxy/http_authorization.hpp"
#include "engine/proxy/http_head.hpp"
#include "engine/proxy/http_head_scanner.hpp"
#include "engine/proxy/upstream_error.hpp"
#include "engine/proxy/upstream_handshake.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dispatch::proxy {
namespace {

using net::Error;
using net::Result;
using net::Task;
namespace errc = boost::system::errc;

constexpr std::size_t kHeadMax = 16 * 1024;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

// What a name may have within an authority (RFC 3986 3.2.2) and cannot be taken for anything else
// there. The client's name is printable already (parse_host).
bool is_safe_name(std::string_view name) {
  return name.find_first_of(":/?#@[]\\<>\"'`{}|^%") == std::string_view::npos;
}

// How many of the bytes at the end of `text` are the beginning of a head's end.
std::size_t begun_end(std::string_view text) {
  for (auto size = kHeadEnd.size(); size != 0; --size) {
    if (text.ends_with(kHeadEnd.substr(0, size))) return size;
  }
  return 0;
}

// Reads the head and not a byte more: what is behind its end is the target's. So each read is of as
// many bytes as are missing from the end at least.
Task<Result<std::string>> read_head(net::Stream& stream) {
  std::string head;
  http::HeadScanner scanner;
  while (head.size() < kHeadMax) {
    std::array<std::byte, kHeadEnd.size()> bytes;
    const auto part = std::span(bytes).first(kHeadEnd.size() - begun_end(head));
    if (const auto error = co_await read_answer(stream, part)) co_return error;
    head.append(reinterpret_cast<const char*>(part.data()), part.size());
    const auto progress = scanner.scan(head);
    if (progress == Progress::complete) co_return head;
    if (progress == Progress::invalid) break;
  }
  co_return Error{UpstreamError::not_a_proxy};
}

Error error_of(unsigned status) {
  switch (status) {
    case 401:
    case 407:
      return UpstreamError::not_authorized;
    case 403:
    case 405:
      return UpstreamError::refused;
    case 504:
      return errc::make_error_code(errc::timed_out);
    default:
      return UpstreamError::failed;
  }
}

std::string connect_request(const link::Upstream& upstream, const std::string& authority) {
  http::RequestHead head;
  head.method = "CONNECT";
  head.target = authority;
  head.fields.add("Host", authority);
  if (const auto& credentials = upstream.credentials) {
    head.fields.add("Proxy-Authorization", http::basic_authorization(*credentials));
  }
  return http::to_text(head);
}

}  // namespace

Task<Result<net::Endpoint>> ask_http(net::Stream& stream, const link::Upstream& upstream,
                                     Target target) {
  const auto* name = std::get_if<std::string>(&target.host);
  if (name != nullptr && !is_safe_name(*name)) co_return Error{net::ResolveError::bad_name};
  const auto request = connect_request(upstream, to_string(target));
  const auto bytes = std::as_bytes(std::span(request));
  if (const auto error = co_await net::write_all(stream, bytes)) {
    const bool hung_up = error == errc::connection_reset || error == errc::broken_pipe;
    co_return hung_up ? Error{UpstreamError::closed} : error;
  }
  for (;;) {
    const auto text = co_await read_head(stream);
    if (!text) co_return text.error();
    const auto head = http::parse_response_head(*text);
    if (!head) co_return Error{UpstreamError::not_a_proxy};
    const auto family = head->status / 100;
    if (family == 1 && head->status != 101) continue;  // RFC 9110 15.2
    if (family != 2) co_return error_of(head->status);
    co_return net::Endpoint{net::any_address(net::Family::v4), 0};
  }
}

}  // namespace dispatch::proxy
