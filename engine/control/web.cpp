#include "engine/control/web.hpp"

#include "engine/control/dashboard.hpp"
#include "engine/control/metrics.hpp"
#include "engine/control/request.hpp"
#include "engine/control/web_pages.hpp"

#include <fmt/format.h>

#include <array>

namespace dispatch::control {
namespace {

namespace http = proxy::http;

// The page is one file, and may load nothing but figures from where it came.
constexpr auto kContentPolicy =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

using http::Answer;

Answer json(std::string body) {
  const bool wrong = body.starts_with("{\"error\"");
  auto answer = page_of("application/json", std::move(body));
  if (wrong) answer.status = 400;
  return answer;
}

Answer refusal(unsigned status, std::string why) {
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

net::Task<Answer> figures(Controller& controller, std::string path) {
  if (path == "/metrics") {
    const auto status = co_await controller.status();
    co_return page_of(kMetricsType, metrics_text(status));
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

net::Task<Answer> respond(Controller& controller, const WebOptions& options,
                          const WebRequest& request) {
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
      auto page = page_of("text/html; charset=utf-8", std::string(kDashboard));
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

}  // namespace

std::string make_token(net::Entropy& entropy) {
  const auto high = entropy.next();
  const auto low = entropy.next();
  return fmt::format("{:016x}{:016x}", high, low);
}

net::Task<void> serve_web(Controller& controller, net::Listener& listener, WebOptions options) {
  co_await serve_pages(controller.runtime(), listener,
                       [&controller, &options](const WebRequest& request) {
                         return respond(controller, options, request);
                       });
}

}  // namespace dispatch::control
