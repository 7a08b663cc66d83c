#include "engine/proxy/http_rewrite.hpp"

#include "engine/proxy/http_authorization.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace dispatch::proxy::http {
namespace {

constexpr std::string_view kPseudonym = "dispatch";

// Of one connection only, whether or not Connection names them (RFC 9110 7.6.1), and what sets up
// the connection to the proxy (11.7).
constexpr std::array<std::string_view, 11> kOfOneConnection{
    "Connection",          "Keep-Alive",
    "Proxy-Connection",    "TE",
    "Transfer-Encoding",   "Upgrade",
    "HTTP2-Settings",      "Proxy-Authenticate",
    "Proxy-Authorization", "Proxy-Authentication-Info",
    "Content-Length"};

constexpr std::array<std::string_view, 16> kNoTrailers{
    "Host",          "Trailer",       "Expect",           "Max-Forwards",
    "Range",         "Authorization", "Cookie",           "Set-Cookie",
    "Content-Type",  "Content-Range", "Content-Encoding", "WWW-Authenticate",
    "Cache-Control", "Age",           "Location",         "Via"};

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [name](std::string_view each) { return equal_ignoring_case(each, name); });
}

// Content-Length is taken off with the rest: the framing adds it again, once.
Fields without_connection_fields(const Fields& fields) {
  const auto named = fields.members("Connection");
  auto kept = fields;
  kept.remove_if([&](const Field& field) {
    return is_one_of(field.name, kOfOneConnection) || is_one_of(field.name, named);
  });
  return kept;
}

void add_framing(Fields& fields, const Framing& framing) {
  if (framing.kind == BodyKind::length) {
    fields.add("Content-Length", fmt::format("{}", framing.length));
  } else if (framing.kind == BodyKind::chunked) {
    fields.add("Transfer-Encoding", "chunked");
  }
  // A message that is not in chunks has no trailers.
  if (framing.kind != BodyKind::chunked) fields.remove("Trailer");
}

void add_via(Fields& fields, unsigned minor_version) {
  fields.add("Via", fmt::format("1.{} {}", minor_version, kPseudonym));
}

// Upgrading to HTTP/2 needs HTTP2-Settings, which is for one connection: it ends here.
std::string protocols_to_upgrade_to(const Fields& fields) {
  std::string protocols;
  for (const auto protocol : fields.members("Upgrade")) {
    if (equal_ignoring_case(protocol, "h2c")) continue;
    if (!protocols.empty()) protocols += ", ";
    protocols += protocol;
  }
  return protocols;
}

// RFC 9110 7.6.2; one that is 0 does not come this far.
void count_down(RequestHead& head) {
  const auto* hops = head.fields.find("Max-Forwards");
  if (hops == nullptr || (head.method != "OPTIONS" && head.method != "TRACE")) return;
  unsigned value = 0;
  const auto* end = hops->data() + hops->size();
  const auto [rest, error] = std::from_chars(hops->data(), end, value);
  head.fields.remove("Max-Forwards");
  if (error != std::errc{} || rest != end || value == 0) return;
  head.fields.add("Max-Forwards", fmt::format("{}", value - 1));
}

}  // namespace

bool asks_for_upgrade(const RequestHead& head) {
  return head.minor_version >= 1 && head.fields.has_member("Connection", "Upgrade") &&
         !protocols_to_upgrade_to(head.fields).empty();
}

bool wants_close(const RequestHead& head) {
  return head.minor_version == 0 || head.fields.has_member("Connection", "close") ||
         head.fields.has_member("Proxy-Connection", "close");
}

RequestHead forwarded_request(const RequestHead& head, const AbsoluteTarget& target,
                              const Framing& framing) {
  RequestHead out{head.method, target.origin_form, 1, {}};
  out.fields.add("Host", target.authority);
  std::string connection;
  if (asks_for_upgrade(head)) {
    out.fields.add("Upgrade", protocols_to_upgrade_to(head.fields));
    connection = "Upgrade";
  }
  if (head.fields.has_member("TE", "trailers")) {
    out.fields.add("TE", "trailers");
    connection += connection.empty() ? "TE" : ", TE";
  }
  if (!connection.empty()) out.fields.add("Connection", connection);
  const auto kept = without_connection_fields(head.fields);
  for (const auto& [name, value] : kept) {
    if (equal_ignoring_case(name, "Host")) continue;
    // RFC 9110 10.1.1: HTTP/1.0 has no interim responses.
    if (head.minor_version == 0 && equal_ignoring_case(name, "Expect")) continue;
    out.fields.add(name, value);
  }
  count_down(out);
  add_framing(out.fields, framing);
  add_via(out.fields, head.minor_version);
  return out;
}

// RFC 9112 3.2.4: asking of a server as a whole, the URI has no path.
RequestHead request_for_proxy(const RequestHead& head, const AbsoluteTarget& target,
                              const Framing& framing,
                              const std::optional<link::Credentials>& credentials) {
  auto out = forwarded_request(head, target, framing);
  const bool of_the_whole = target.origin_form == "*";
  out.target = fmt::format("http://{}{}", target.authority, of_the_whole ? "" : target.origin_form);
  if (credentials) out.fields.add("Proxy-Authorization", basic_authorization(*credentials));
  return out;
}

ResponseHead forwarded_response(const ResponseHead& head, const Framing& framing,
                                const ResponseRoute& route) {
  ResponseHead out{head.status, head.reason, 1, without_connection_fields(head.fields)};
  auto framed = framing;
  if (framing.kind == BodyKind::chunked && route.to_http_1_0) framed.kind = BodyKind::until_close;
  add_framing(out.fields, framed);
  // To HEAD, and with 304, it tells of a body that is not here; 1xx and 204 have none (RFC 9110
  // 8.6).
  const auto lengths = head.fields.members("Content-Length");
  const bool tells_of_length = head.status >= 200 && head.status != 204;
  if (framing.kind == BodyKind::none && tells_of_length && !lengths.empty()) {
    out.fields.add("Content-Length", lengths.front());
  }
  if (head.status == 101) {
    if (const auto* protocol = head.fields.find("Upgrade")) out.fields.add("Upgrade", *protocol);
    out.fields.add("Connection", "Upgrade");
  } else if (route.close) {
    out.fields.add("Connection", "close");
  }
  add_via(out.fields, head.minor_version);
  return out;
}

Fields forwarded_trailers(const Fields& trailers) {
  auto kept = without_connection_fields(trailers);
  kept.remove_if([](const Field& field) { return is_one_of(field.name, kNoTrailers); });
  return kept;
}

}  // namespace dispatch::proxy::http
