#include "engine/fleet/api_session.hpp"

#include "engine/fleet/run_beside.hpp"
#include "engine/fleet/websocket_handshake.hpp"
#include "engine/proxy/http_answer.hpp"
#include "engine/proxy/http_body.hpp"
#include "engine/tls/stream.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace dispatch::fleet {
namespace {

namespace http = proxy::http;

constexpr net::Duration kPatience = std::chrono::seconds(75);
constexpr net::Duration kWriteTimeout = std::chrono::seconds(60);
// A page is one file, and may load nothing but what the coordinator says.
constexpr auto kContentPolicy =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// What a connection becomes after an upgrade.
struct Upgrade {
  const Route* route = nullptr;  // null: none
  std::string agent_id;
  std::string answer;
  std::vector<std::byte> early;
};

// An address, this machine, or a name without a dot: names that others own lead here where their
// owners want it (DNS rebinding).
bool is_addressed(const http::RequestHead& head) {
  const auto* host = head.fields.find("Host");
  if (host == nullptr) return true;
  if (net::parse_endpoint(*host)) return true;
  std::string_view name = *host;
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  if (name.find(':') == name.rfind(':')) name = name.substr(0, name.find(':'));
  return name.find('.') == std::string_view::npos || net::parse_address(name).has_value();
}

// A page of another site asks in its reader's name.
bool is_cross_site(const http::RequestHead& head) {
  const auto* origin = head.fields.find("Origin");
  if (origin == nullptr) return false;
  const auto* host = head.fields.find("Host");
  const auto at = origin->find("://");
  return at == std::string::npos || host == nullptr ||
         !http::equal_ignoring_case(std::string_view(*origin).substr(at + 3), *host);
}

class Session {
 public:
  Session(Coordinator& coordinator, const std::vector<StaticPage>& pages, net::Stream& stream)
      : coordinator_(coordinator),
        pages_(pages),
        stream_(stream),
        clock_(coordinator.runtime().clock()),
        reader_(stream, nullptr) {}

  // Until the connection has ended, or becomes another one.
  net::Task<Upgrade> run() {
    Upgrade upgrade;
    for (;;) {
      ApiCall call;
      const bool whole = co_await read_call(call);
      if (!whole) co_return upgrade;
      const bool close =
          call.head.minor_version == 0 || call.head.fields.has_member("Connection", "close");
      const bool goes_on = co_await answer(call, close, upgrade);
      if (!goes_on || close) {
        if (upgrade.route == nullptr) (void)stream_.shutdown_write();
        co_return upgrade;
      }
      reader_.release();
    }
  }

 private:
  net::Task<bool> refuse(unsigned status, std::string why) {
    const ApiError error{status, std::move(why)};
    const auto made = error_reply(error);
    (void)co_await write_reply(stream_, clock_, made, false, true);
    (void)stream_.shutdown_write();
    co_return false;
  }

  // False: there is none, and whoever sent something else has been told.
  net::Task<bool> read_call(ApiCall& call) {
    const auto deadline = clock_.now() + kPatience;
    auto got = co_await reader_.read_head(deadline);
    if (!got) co_return false;
    if (got->fault) {
      co_return co_await refuse(got->fault->status, std::move(got->fault->why));
    }
    auto head = http::parse_request_head(got->text);
    if (!head) co_return co_await refuse(head.error().status, head.error().why);
    const auto framing = http::framing_of(*head);
    if (!framing) co_return co_await refuse(framing.error().status, framing.error().why);
    call.head = std::move(*head);
    call.path = call.head.target.substr(0, call.head.target.find('?'));
    call.query = parse_query(call.head.target);
    if (!framing->has_content()) co_return true;
    const auto most = coordinator_.options().request_bytes_max;
    if (framing->length > most) {
      co_return co_await refuse(413, fmt::format("more than {} bytes", most));
    }
    if (call.head.fields.has_member("Expect", "100-continue")) {
      const auto error =
          co_await net::write_all(stream_, std::as_bytes(std::span(kContinue)), deadline);
      if (error) co_return false;
    }
    http::BodyReader body(reader_, *framing);
    for (;;) {
      const auto piece = body.take();
      if (!piece) co_return co_await refuse(400, "the body's chunks are broken");
      call.body.append(reinterpret_cast<const char*>(piece->data()), piece->size());
      if (call.body.size() > most) {
        co_return co_await refuse(413, fmt::format("more than {} bytes", most));
      }
      if (!piece->empty()) continue;
      if (body.has_ended()) co_return true;
      const auto error = co_await body.wait(clock_.now() + kPatience);
      if (error) co_return false;
    }
  }

  net::Task<bool> reply(const ApiCall& call, bool close, ApiReply reply) {
    const auto error =
        co_await write_reply(stream_, clock_, reply, call.head.method == "HEAD", close);
    co_return !error;
  }

  // Why the call is not served.
  std::optional<ApiError> objection(const Route& route, const ApiCall& call) {
    auto& figures = coordinator_.figures();
    const auto& options = coordinator_.options();
    if (route.guard == Guard::open) return std::nullopt;
    if (is_cross_site(call.head)) {
      return ApiError{403, "pages of other sites are not served"};
    }
    if (route.guard == Guard::agents) {
      auto* tls = dynamic_cast<tls::Stream*>(&stream_);
      if (options.agents_show_certificates && (tls == nullptr || !tls->peer_is_verified())) {
        ++figures.refused_agents;
        return ApiError{403, "agents show a certificate here (--tls-cert of the agent)"};
      }
      if (options.agent_tokens.opens(call.head.fields)) return std::nullopt;
      ++figures.refused_agents;
      return ApiError{401, "the agents' token is missing or wrong (Authorization: Bearer TOKEN)"};
    }
    if (options.api_tokens.empty() && !is_addressed(call.head)) {
      return ApiError{403, "ask for an address or localhost, and not for a name, or use tokens"};
    }
    if (options.api_tokens.opens(call.head.fields)) return std::nullopt;
    const auto of_page = route.kind == RouteKind::monitor_socket
                             ? websocket::token_of_page(call.head.fields)
                             : std::string();
    if (!of_page.empty() && options.api_tokens.opens(of_page)) return std::nullopt;
    ++figures.refused_callers;
    return ApiError{401, "the token is missing or wrong (Authorization: Bearer TOKEN)"};
  }

  // Whether the connection goes on.
  net::Task<bool> answer(ApiCall& call, bool close, Upgrade& upgrade) {
    auto routed = find_route(call.head.method, call.path);
    if (routed.route == nullptr) {
      for (const auto& page : pages_) {
        if (page.path != call.path || (call.head.method != "GET" && call.head.method != "HEAD")) {
          continue;
        }
        ApiReply found{200, page.type, page.body};
        found.fields.add("Content-Security-Policy", kContentPolicy);
        found.fields.add("Referrer-Policy", "no-referrer");
        co_return co_await reply(call, close, std::move(found));
      }
      ApiError error{404, "Not Found"};
      if (!routed.allowed.empty()) error = {405, "Method Not Allowed"};
      auto refusal = error_reply(error);
      if (!routed.allowed.empty()) refusal.fields.add("Allow", routed.allowed);
      co_return co_await reply(call, close, std::move(refusal));
    }
    const auto& route = *routed.route;
    call.captured = std::move(routed.captured);
    if (const auto error = objection(route, call)) {
      auto refusal = error_reply(*error);
      co_return co_await reply(call, close, std::move(refusal));
    }
    switch (route.kind) {
      case RouteKind::plain: {
        auto made = co_await route.answer(coordinator_, call);
        co_return co_await reply(call, close, std::move(made));
      }
      case RouteKind::execute:
        co_return co_await execute(call, close);
      case RouteKind::batch:
        co_return co_await serve_batch(coordinator_, call, reader_, stream_);
      case RouteKind::agent_socket:
      case RouteKind::monitor_socket:
        break;
    }
    const auto accepted = websocket::accept_upgrade(call.head);
    if (!accepted) {
      auto refusal = error_reply(accepted.error().status, accepted.error().why);
      co_return co_await reply(call, close, std::move(refusal));
    }
    upgrade.route = &route;
    upgrade.answer = http::to_text(*accepted);
    if (!call.captured.empty()) upgrade.agent_id = call.captured.front();
    const auto early = reader_.buffered();
    upgrade.early.assign(early.begin(), early.end());
    co_return false;
  }

  net::Task<bool> execute(const ApiCall& call, bool close) {
    using net::asio::experimental::awaitable_operators::operator||;
    const auto refreshed = co_await coordinator_.refresh_configs();
    auto request = execute_request_of(coordinator_, call);
    if (!request || refreshed) {
      const auto error = request ? ApiError{500, refreshed.what} : request.error();
      auto refusal = error_reply(error);
      co_return co_await reply(call, close, std::move(refusal));
    }
    auto work = coordinator_.execute(std::move(*request));
    auto watch = until_gone(reader_, clock_);
    const auto first = co_await (std::move(work) || std::move(watch));
    if (first.index() == 1) co_return false;
    auto made = executed_reply(std::get<0>(first));
    co_return co_await reply(call, close, std::move(made));
  }

  Coordinator& coordinator_;
  const std::vector<StaticPage>& pages_;
  net::Stream& stream_;
  net::Clock& clock_;
  http::Reader reader_;
};

// In a frame of its own, which is gone while a WebSocket goes on.
net::Task<Upgrade> serve_calls(Coordinator& coordinator, const std::vector<StaticPage>& pages,
                               net::Stream& stream) {
  Session session(coordinator, pages, stream);
  co_return co_await session.run();
}

net::Task<void> serve_socket(Coordinator& coordinator, net::StreamPtr stream, Upgrade upgrade) {
  auto& runtime = coordinator.runtime();
  const auto until = runtime.clock().now() + kWriteTimeout;
  const auto error =
      co_await net::write_all(*stream, std::as_bytes(std::span(upgrade.answer)), until);
  if (error) co_return;
  struct Counted {
    std::uint64_t& count;
    explicit Counted(std::uint64_t& counted) : count(counted) { ++count; }
    ~Counted() { --count; }
  } counted(coordinator.figures().websockets);
  WebSocket socket(runtime, std::move(stream), websocket::Role::server,
                   coordinator.options().agent_socket, upgrade.early);
  auto main = upgrade.route->kind == RouteKind::agent_socket
                  ? coordinator.serve_agent(std::move(upgrade.agent_id), socket)
                  : serve_monitor(coordinator, socket);
  upgrade = {};
  co_await run_beside(runtime.executor(), std::move(main), socket.write_loop());
}

}  // namespace

net::Task<void> until_gone(http::Reader& reader, net::Clock& clock) {
  for (;;) {
    if (reader.is_full()) {
      if (co_await clock.sleep_until(net::kNever)) co_return;
    }
    const auto got = co_await reader.fill();
    if (!got || *got == 0) co_return;
  }
}

net::Task<net::Status> write_reply(net::Stream& stream, net::Clock& clock, const ApiReply& reply,
                                   bool without_body, bool close) {
  http::Answer answer;
  answer.status = reply.status;
  answer.type = reply.type;
  answer.body = reply.body;
  answer.fields = reply.fields;
  const auto text = http::to_text(answer, without_body, close);
  co_return co_await net::write_all(stream, std::as_bytes(std::span(text)),
                                    clock.now() + kWriteTimeout);
}

net::Task<void> serve_api_session(Coordinator& coordinator, const std::vector<StaticPage>& pages,
                                  net::StreamPtr stream) {
  auto upgrade = co_await serve_calls(coordinator, pages, *stream);
  if (upgrade.route == nullptr) co_return;
  co_await serve_socket(coordinator, std::move(stream), std::move(upgrade));
}

}  // namespace dispatch::fleet
