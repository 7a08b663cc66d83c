#include "engine/proxy/http_session.hpp"

#include "engine/proxy/http_authorization.hpp"
#include "engine/proxy/http_companion.hpp"
#include "engine/proxy/http_target.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>

namespace dispatch::proxy::http {
namespace {

using net::Status;
using net::Task;
using End = ExchangeReport::End;
namespace errc = boost::system::errc;

// A body that nobody wants is read up to this size, to keep the connection.
constexpr std::uint64_t kSkippedBodyMax = 64 * 1024;

// How many octets it had.
Task<net::Result<std::size_t>> discard(BodyReader& body, net::TimePoint deadline) {
  std::size_t size = 0;
  while (!body.has_ended()) {
    const auto piece = body.take();
    if (!piece) co_return piece.error();
    size += piece->size();
    if (!piece->empty() || body.has_ended()) continue;
    if (const auto error = co_await body.wait(deadline)) co_return error;
  }
  body.take();
  co_return size;
}

}  // namespace

Session::Session(Client& client) : client_(client), reader_(*client.stream, nullptr) {
  const auto early = client.buffer.bytes();
  reader_.seed(early);
  client.buffer.consume(early.size());
}

Task<std::optional<Tunnel>> Session::run() {
  for (;;) {
    const bool next_may_come = co_await serve_next();
    if (!next_may_come) break;
    is_first_ = false;
  }
  co_return std::move(tunnel_);
}

Task<bool> Session::serve_next() {
  if (const auto error = co_await wait_for_request()) co_return false;
  auto request = co_await read_request();
  if (!request) co_return false;
  co_return co_await serve(std::move(*request));
}

Task<Status> Session::wait_for_request() {
  if (!reader_.buffered().empty()) co_return Status{};
  reader_.release();
  if (upstream_) upstream_->reader.release();
  const QuietClients::Entry quiet(client_.service.quiet_clients, *client_.stream);
  net::Result<std::size_t> got = std::size_t{0};
  const auto wait = [](Session& self, net::Result<std::size_t>& out) -> Task<void> {
    const auto& client = self.client_;
    const auto deadline =
        client.runtime().clock().now() + client.service.options.keep_alive_timeout;
    out = co_await self.reader_.fill(deadline);
  };
  co_await run_with_companion(wait(*this, got), watch_upstream());
  if (!got) co_return got.error();
  if (*got == 0) co_return net::Error{net::asio::error::eof};
  co_return Status{};
}

// A server says between two responses only that it ends the connection.
Task<void> Session::watch_upstream() {
  if (!upstream_) co_return;
  const auto got = co_await upstream_->reader.fill();
  if (got || !net::is_cancelled(got.error())) upstream_.reset();
}

Task<std::optional<Session::Request>> Session::read_request() {
  const auto read = co_await reader_.read_head(client_.deadline());
  if (!read) {
    client_.refused("HTTP", read.error());
    const Fault late{408, "the request did not come"};
    if (read.error() == errc::timed_out) co_await refuse(late);
    co_return std::nullopt;
  }
  if (read->fault) {
    co_await refuse(*read->fault);
    co_return std::nullopt;
  }
  auto head = parse_request_head(read->text);
  if (!head) {
    co_await refuse(head.error());
    co_return std::nullopt;
  }
  const auto framing = framing_of(*head);
  const auto host = check_host(*head);
  if (!framing) {
    co_await refuse(framing.error());
    co_return std::nullopt;
  }
  if (!host) {
    co_await refuse(host.error());
    co_return std::nullopt;
  }
  co_return Request{std::move(*head), *framing};
}

Task<bool> Session::serve(Request request) {
  const auto& target = request.head.target;
  // A person's browser has no password for a page that tells nothing of anyone.
  if (request.head.method != "CONNECT" && (target.starts_with('/') || target == "*")) {
    co_return co_await serve_itself(request);
  }
  if (!is_authorized(request.head.fields, client_.service.options.accounts)) {
    client_.refused("HTTP", errc::make_error_code(errc::permission_denied));
    auto answer = answer_without_authorization();
    co_return co_await reply(request, std::move(answer));
  }
  client_.user = user_of(request.head.fields);
  if (request.head.method == "CONNECT") co_return co_await open_tunnel(request);
  co_return co_await forward(request);
}

Task<bool> Session::serve_itself(const Request& request) {
  const auto& [head, framing] = request;
  if (head.target == "*") {
    auto options = answer_to_options();
    co_return co_await reply(request, std::move(options));
  }
  const bool asks_who_this_is =
      head.target == "/" && (head.method == "GET" || head.method == "HEAD");
  auto page = help_page(asks_who_this_is ? 200 : 400, client_.stream->local_endpoint());
  co_return co_await reply(request, std::move(page));
}

Task<bool> Session::open_tunnel(const Request& request) {
  auto target = parse_authority_form(request.head.target);
  if (!target || request.framing.has_content()) {
    const auto fault = target ? Fault{400, "CONNECT with a body"} : target.error();
    client_.refused("HTTP", errc::make_error_code(errc::protocol_error));
    auto answer = answer_for(fault);
    co_return co_await reply(request, std::move(answer), false);
  }
  auto dialed = co_await client_.dial(*target);
  if (!dialed) {
    client_.refused(to_string(*target), dialed.error());
    // What follows may be meant for the target already.
    auto answer = answer_for(to_string(*target), dialed.error());
    co_return co_await reply(request, std::move(answer), false);
  }
  const auto error = co_await client_.tell("HTTP/1.1 200 Connection established\r\n\r\n");
  if (error) {
    client_.refused(to_string(*target), error);
    dialed->stream->abort();
    co_return false;
  }
  const auto early = reader_.buffered();
  tunnel_ = Tunnel{std::move(*target), std::move(*dialed), {early.begin(), early.end()}};
  co_return false;
}

// Leaves a connection to `target` in upstream_.
Task<Status> Session::reach(const Target& target, DialWish wish) {
  const bool reads_requests = upstream_ && upstream_->dialed().takes_requests != nullptr;
  // A request is as good as a connection where a link is to have no new ones.
  const bool is_left = upstream_ && (upstream_->link().health() == link::Health::down ||
                                     upstream_->link().allowance() != link::Allowance::free);
  if (upstream_ && !is_left && upstream_->target() == target &&
      (wish.forwards || !reads_requests)) {
    upstream_->was_used = true;
    co_return Status{};
  }
  upstream_.reset();
  auto dialed = co_await client_.dial(target, std::move(wish));
  if (!dialed) co_return dialed.error();
  auto& service = client_.service;
  upstream_ = std::make_unique<Upstream>(client_.peer, target, std::move(*dialed),
                                         service.runtime.clock().now());
  service.connections.list(*upstream_);
  co_return Status{};
}

Task<bool> Session::forward(const Request& request) {
  const auto& [head, framing] = request;
  const auto to = parse_absolute_form(head.method, head.target);
  if (!to) {
    client_.refused("HTTP", errc::make_error_code(errc::protocol_error));
    auto answer = answer_for(to.error());
    co_return co_await reply(request, std::move(answer));
  }
  const auto* hops = head.fields.find("Max-Forwards");
  if (hops != nullptr && *hops == "0" && (head.method == "OPTIONS" || head.method == "TRACE")) {
    auto answer = answer_to_options();
    if (head.method == "TRACE") answer.status = 405;
    co_return co_await reply(request, std::move(answer));
  }
  // What comes of an upgrade is a tunnel, which many proxies open for CONNECT only.
  DialWish wish{!asks_for_upgrade(head), {}};
  net::Error before;  // of a link that has been left
  const bool is_repeatable = is_idempotent(head.method) && !framing.has_content();
  std::optional<CutAnswer> cut;  // the client has its beginning, and can be told nothing else
  for (;;) {
    auto error = co_await reach(to->target, wish);
    if (error && before) error = before;
    if (error && cut) {
      ExchangeReport report;
      report.end = End::cut_short;
      report.error = error;
      co_return co_await conclude(request, *to, std::move(report));
    }
    if (error) {
      client_.refused(to_string(to->target), error);
      auto answer = answer_for(to->authority, error);
      co_return co_await reply(request, std::move(answer));
    }
    const Forwarding forwarding{head, *to, framing, cut ? &*cut : nullptr};
    upstream_->is_repeatable = is_repeatable;
    Exchange exchange(client_, reader_, *upstream_, forwarding);
    auto report = co_await exchange.run();
    if (report.end == End::answered && before) {
      client_.tell_of_early_end(*wish.without.back(), before, to->target, upstream_->link());
    }
    if (report.end == End::not_authorized) {
      before = report.error;
      client_.service.dialer.refused_by(upstream_->link());
      if (leave_link(wish) && !framing.has_content()) continue;
    }
    const bool is_unanswered = report.end == End::no_answer || report.is_unheard;
    if (is_unanswered && is_repeatable && upstream_->ended_for != errc::timed_out) {
      // RFC 9112 9.3.1: the server may have ended the connection as the request was on its way.
      const bool was_used = upstream_->was_used;
      if (was_used && upstream_->link().health() != link::Health::down) {
        upstream_.reset();
        continue;
      }
      // RFC 9110 9.2.2: what is idempotent may be asked again, and another link may bring it.
      if (is_worth_another_link(client_.service.links, upstream_->link(), wish)) {
        before = report.error;
        leave_link(wish);
        continue;
      }
    }
    // RFC 9110 14.2: so may the rest of an answer.
    if (report.cut && upstream_->ended_for != errc::timed_out &&
        is_worth_another_link(client_.service.links, upstream_->link(), wish)) {
      cut = std::move(report.cut);
      client_.runtime().log().info(
          "{} -> {} through {}: {}, after {} of {} B: the rest is asked for through another link",
          to_string(client_.peer), to_string(to->target), upstream_->link().name(),
          report.error.message(), cut->passed, cut->length);
      leave_link(wish);
      continue;
    }
    if (cut && report.end != End::answered) report.end = End::cut_short;
    co_return co_await conclude(request, *to, std::move(report));
  }
}

// For another one. Whether there may be one: a rule may fix the link.
bool Session::leave_link(DialWish& wish) {
  auto& link = upstream_->link();
  upstream_.reset();
  auto& tried = wish.without;
  if (std::find(tried.begin(), tried.end(), &link) != tried.end()) return false;
  tried.push_back(&link);
  return true;
}

Task<bool> Session::conclude(const Request& request, const AbsoluteTarget& to,
                             ExchangeReport report) {
  const auto target = to_string(to.target);
  if (report.end == End::upgraded) {
    const auto early = reader_.buffered();
    tunnel_ = Tunnel{to.target, std::move(upstream_->dialed()), {early.begin(), early.end()}};
    tunnel_->dialed.was_dispatched = false;  // it has been answered
    upstream_.reset();
    co_return false;
  }
  if (report.end != End::answered || !report.upstream_persists) upstream_.reset();
  if (report.end == End::answered) {
    if (report.client_persists) co_return true;
    co_return co_await finish();
  }
  if (report.end == End::cut_short) {
    client_.runtime().log().info("{} -> {}: {}, part of the way", to_string(client_.peer), target,
                                 report.error.message());
    client_.stream->abort();
    co_return false;
  }
  client_.refused(target, report.end == End::bad_answer
                              ? errc::make_error_code(errc::protocol_error)
                              : report.error);
  if (report.end == End::client_failed) {
    if (report.error != errc::protocol_error) co_return false;
    auto answer = answer_for(Fault{400, "a broken chunked body"});
    co_return co_await reply(request, std::move(answer), false);
  }
  auto answer = report.end == End::bad_answer ? answer_for(report.fault)
                                              : answer_for(to.authority, report.error);
  // How much of the body has been read is not known here.
  co_return co_await reply(request, std::move(answer), !request.framing.has_content());
}

Task<void> Session::refuse(Fault fault) {
  if (fault.status != 408) {
    client_.refused("HTTP, " + fault.why, errc::make_error_code(errc::protocol_error));
  }
  auto text = to_text(answer_for(fault), false, true);
  const auto error = co_await client_.tell(std::move(text));
  if (!error) co_await client_.finish();
}

Task<bool> Session::skip_body(const Request& request) {
  const auto& [head, framing] = request;
  if (!framing.has_content()) co_return true;
  if (framing.kind != BodyKind::length || framing.length > kSkippedBodyMax) co_return false;
  if (head.fields.find("Expect") != nullptr) co_return false;
  BodyReader body(reader_, framing);
  const auto skipped = co_await discard(body, client_.deadline());
  co_return skipped.has_value();
}

Task<bool> Session::reply(const Request& request, Answer answer, bool may_persist) {
  const auto& head = request.head;
  bool persists = may_persist && !wants_close(head);
  if (persists) persists = co_await skip_body(request);
  auto text = to_text(answer, head.method == "HEAD", !persists);
  const auto error = co_await client_.tell(std::move(text));
  if (error) co_return false;
  if (persists) co_return true;
  co_return co_await finish();
}

Task<bool> Session::finish() {
  co_await client_.finish();
  co_return false;
}

}  // namespace dispatch::proxy::http

namespace dispatch::proxy {

net::Task<std::optional<Tunnel>> negotiate_http(Client& client) {
  http::Session session(client);
  co_return co_await session.run();
}

}  // namespace dispatch::proxy
