#include "engine/control/web.hpp"

#include "engine/control/clients.hpp"
#include "engine/control/dashboard.hpp"
#include "engine/control/metrics.hpp"
#include "engine/control/request.hpp"
#include "engine/proxy/http_answer.hpp"
#include "engine/proxy/http_framing.hpp"
#include "engine/proxy/http_head.hpp"
#include "engine/proxy/http_reader.hpp"

#include <fmt/format.h>

#include <array>
#include <memory>

namespace dispatch::control {
namespace {

namespace http = proxy::http;

constexpr std::size_t kWebClientsMax = 64;
constexpr net::Duration kPatience = std::chrono::seconds(60);

// The page is one file, and may load nothing but figures from where it came.
constexpr auto kContentPolicy =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct Request {
  http::RequestHead head;
  std::string body;
};

http::Answer ok(std::string type, std::string body) {
  http::Answer answer;
  answer.status = 200;
  answer.type = std::move(type);
  answer.body = std::move(body);
  return answer;
}

http::Answer json(std::string body) {
  const bool wrong = body.starts_with("{\"error\"");
  auto answer = ok("application/json", std::move(body));
  if (wrong) answer.status = 400;
  return answer;
}

http::Answer refusal(unsigned status, std::string why) {
  return http::answer_for(http::Fault{status, std::move(why)});
}

// How long it takes says nothing about how much of it is right.
bool is_same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

bool shows_token(const http::RequestHead& head, const std::string& token) {
  constexpr std::string_view kScheme = "Bearer ";
  const auto* value = head.fields.find("Authorization");
  if (value == nullptr || !value->starts_with(kScheme)) return false;
  return is_same(std::string_view(*value).substr(kScheme.size()), token);
}

// An address, or this machine.
bool is_addressed(const http::RequestHead& head) {
  const auto* host = head.fields.find("Host");
  if (host == nullptr || head.fields.count("Host") != 1) return false;
  std::string_view name = *host;
  if (net::parse_endpoint(name)) return true;
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  name = name.substr(0, name.find(':') == name.rfind(':') ? name.find(':') : name.size());
  return http::equal_ignoring_case(name, "localhost") || net::parse_address(name).has_value();
}

net::Task<http::Answer> figures(Controller& controller, std::string path) {
  if (path == "/metrics") {
    const auto status = co_await controller.status();
    co_return ok(kMetricsType, metrics_text(status));
  }
  std::string request = "{\"do\":\"" + path.substr(std::string_view("/api/").size()) + "\"}";
  auto text = co_await answer(controller, std::move(request));
  co_return json(std::move(text));
}

bool is_of_figures(std::string_view path) {
  constexpr std::array<std::string_view, 4> kPaths = {"/api/status", "/api/history",
                                                      "/api/connections", "/metrics"};
  return std::ranges::find(kPaths, path) != kPaths.end();
}

net::Task<http::Answer> respond(Controller& controller, const WebOptions& options,
                                const Request& request) {
  const auto& head = request.head;
  const auto path = head.target.substr(0, head.target.find('?'));
  const bool reads = head.method == "GET" || head.method == "HEAD";
  if (!is_addressed(head)) {
    co_return refusal(403, "ask for an address or localhost, and not for a name");
  }
  if (path == "/api/do") {
    if (head.method != "POST") co_return refusal(405, "requests are posted there");
    if (!shows_token(head, options.token)) {
      co_return refusal(403, "the token is missing or wrong (Authorization: Bearer TOKEN)");
    }
    auto text = co_await answer(controller, request.body);
    co_return json(std::move(text));
  }
  if (path == "/" || is_of_figures(path)) {
    if (!reads) co_return refusal(405, "that can only be read");
    if (path == "/") {
      auto page = ok("text/html; charset=utf-8", std::string(kDashboard));
      page.fields.add("Content-Security-Policy", kContentPolicy);
      page.fields.add("Referrer-Policy", "no-referrer");
      co_return page;
    }
    if (options.token_to_read && !shows_token(head, options.token)) {
      co_return refusal(403, "the token is missing or wrong (Authorization: Bearer TOKEN)");
    }
    auto shown = co_await figures(controller, path);
    co_return shown;
  }
  co_return refusal(404, "there is no such page");
}

// A whole request, or what is wrong with it. Errors: the stream's.
net::Task<net::Result<http::Checked<Request>>> read_request(http::Reader& reader,
                                                            net::TimePoint deadline) {
  using Read = http::Checked<Request>;
  auto got = co_await reader.read_head(deadline);
  if (!got) co_return got.error();
  if (got->fault) co_return Read(*got->fault);
  auto head = http::parse_request_head(got->text);
  if (!head) co_return Read(head.error());
  const auto framing = http::framing_of(*head);
  if (!framing) co_return Read(framing.error());
  const bool too_much = framing->length > kRequestSizeMax;
  if (framing->kind == http::BodyKind::chunked || too_much) {
    co_return Read(http::Fault{400, "the request's body is too long, or in chunks"});
  }
  const auto size = static_cast<std::size_t>(framing->length);
  while (reader.buffered().size() < size) {
    const auto more = co_await reader.fill(deadline);
    if (!more) co_return more.error();
    if (*more == 0) co_return net::Error{net::asio::error::eof};
  }
  const auto body = reader.buffered().first(size);
  Request request{std::move(*head), {reinterpret_cast<const char*>(body.data()), size}};
  reader.consume(size);
  co_return Read(std::move(request));
}

net::Task<void> serve(Controller& controller, const WebOptions& options, net::StreamPtr stream) {
  http::Reader reader(*stream, nullptr);
  auto& clock = controller.runtime().clock();
  for (;;) {
    const auto deadline = clock.now() + kPatience;
    auto request = co_await read_request(reader, deadline);
    if (!request) co_return;
    http::Answer answer;
    bool close = true;
    bool without_body = false;
    if (*request) {
      const Request& asked = **request;
      answer = co_await respond(controller, options, asked);
      without_body = asked.head.method == "HEAD";
      close = asked.head.minor_version == 0 || asked.head.fields.has_member("Connection", "close");
    } else {
      answer = http::answer_for(request->error());
    }
    const auto text = http::to_text(answer, without_body, close);
    const auto until = clock.now() + kPatience;
    if (const auto error =
            co_await net::write_all(*stream, std::as_bytes(std::span(text)), until)) {
      co_return;
    }
    if (close) break;
  }
  (void)stream->shutdown_write();
}

}  // namespace

std::string make_token(net::Entropy& entropy) {
  const auto high = entropy.next();
  const auto low = entropy.next();
  return fmt::format("{:016x}{:016x}", high, low);
}

net::Task<void> serve_web(Controller& controller, net::Listener& listener, WebOptions options) {
  co_await serve_clients(controller.runtime(), listener, kWebClientsMax,
                         [&controller, &options](net::StreamPtr stream) {
                           return serve(controller, options, std::move(stream));
                         });
}

}  // namespace dispatch::control
