#include "engine/proxy/http_exchange.hpp"

#include "engine/proxy/http_companion.hpp"
#include "engine/proxy/octets.hpp"
#include "engine/proxy/upstream_error.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

namespace dispatch::proxy::http {
namespace {

using net::Task;
using End = ExchangeReport::End;
namespace errc = boost::system::errc;

// RFC 9112 9.3; HTTP/1.0's own kind of persistence is not worth its trouble.
bool persists(const ResponseHead& head, const Framing& framing) {
  return head.minor_version >= 1 && framing.kind != BodyKind::until_close &&
         !head.fields.has_member("Connection", "close");
}

}  // namespace

Exchange::Exchange(Client& client, Reader& from_client, Upstream& upstream,
                   const Forwarding& forwarding)
    : client_(client),
      from_client_(from_client),
      upstream_(upstream),
      forwarding_(forwarding),
      request_body_(from_client, forwarding.framing),
      send_ended_(client.runtime().executor()) {}

Task<ExchangeReport> Exchange::run() {
  upstream_.is_in_exchange = true;
  upstream_.is_answered = false;
  began_ = client_.runtime().clock().now();
  co_await run_with_companion(receive(), send());
  upstream_.is_in_exchange = upstream_.is_resumable = false;
  upstream_.answered = nullptr;
  co_return std::move(report_);
}

Task<void> Exchange::send() {
  const auto& [asked, to, framing, rest_of] = forwarding_;
  std::optional<RequestHead> rest;
  if (rest_of != nullptr) rest = request_for_rest(asked, *rest_of);
  const auto& head = rest ? *rest : asked;
  const auto* proxy = upstream_.dialed().takes_requests;
  auto text = to_text(proxy == nullptr ? forwarded_request(head, to, framing)
                                       : request_for_proxy(head, to, framing, proxy->credentials));
  const bool chunked = framing.kind == BodyKind::chunked;
  const auto forwarded = co_await forward_message(
      std::move(text), request_body_, chunked, upstream_.target_stream(), upstream_.sent_meter());
  request_passed_ = forwarded.complete();
  send_failed_ = !request_passed_;
  send_ended_.notify_all();
  if (net::is_cancelled(forwarded.source)) co_return;
  if (forwarded.source) {
    client_error_ = forwarded.source;
    upstream_.target_stream().abort();
  } else if (request_passed_) {
    co_await watch_client();
  }
  // Where the server takes no more, it may have said why: that is receive()'s to find.
}

Task<void> Exchange::watch_client() {
  while (!from_client_.is_full()) {
    const auto got = co_await from_client_.fill();
    if (got && *got != 0) continue;
    if (!got && net::is_cancelled(got.error())) co_return;
    if (got) {
      // Gone, or it only has nothing more to say.
      const auto limit = client_.service.options.silence.half_open;
      if (limit == net::Duration::zero()) co_return;
      const auto error = co_await client_.runtime().clock().sleep_for(limit);
      if (error || response_began_) co_return;
    }
    client_error_ = got ? net::Error{net::asio::error::eof} : got.error();
    upstream_.target_stream().abort();
    co_return;
  }
}

void Exchange::fail(const net::Error& error) {
  report_.end = client_error_ ? End::client_failed : End::no_answer;
  report_.error = client_error_ ? client_error_ : error;
  if (upstream_.ended_for) report_.error = upstream_.ended_for;
}

// Of requests without content: a body would count for the time that it takes.
void Exchange::tell_first_byte() {
  if (forwarding_.framing.has_content()) return;
  const auto now = client_.runtime().clock().now();
  client_.service.links.answered(upstream_.link(), now - began_, now);
}

void Exchange::refuse(std::string_view why) {
  report_.end = End::bad_answer;
  report_.fault = {502, fmt::format("the answer of {} has {}", forwarding_.to.authority, why)};
}

Task<void> Exchange::receive() {
  for (;;) {
    const auto read = co_await upstream_.reader.read_head();
    if (!read && !client_error_ && (response_began_ || !upstream_.reader.buffered().empty())) {
      report_.is_unheard = !response_began_;
      report_.error = upstream_.ended_for ? upstream_.ended_for : read.error();
      co_return refuse("no end");
    }
    if (!read) co_return fail(read.error());
    if (!std::exchange(response_began_, true)) tell_first_byte();
    upstream_.is_answered = true;
    if (read->fault) co_return refuse(read->fault->why);
    auto head = parse_response_head(read->text);
    if (!head) co_return refuse(head.error().why);
    if (head->status == 407 && upstream_.dialed().takes_requests != nullptr) {
      co_return refuse_challenge();
    }
    if (head->status / 100 != 1) co_return co_await receive_final(std::move(*head));
    if (head->status == 101) co_return co_await pass_upgrade(*head);
    const bool passed = co_await pass_interim(*head);
    if (!passed) co_return;
  }
}

// A challenge to this proxy is not for its client (RFC 9110 11.7.1).
void Exchange::refuse_challenge() {
  report_.end = End::not_authorized;
  report_.error = UpstreamError::not_authorized;
}

// RFC 9110 15.2: a proxy passes interim responses on, but not to HTTP/1.0.
Task<bool> Exchange::pass_interim(const ResponseHead& head) {
  if (head.status == 100) continue_passed_ = true;
  if (forwarding_.head.minor_version == 0 || forwarding_.rest_of != nullptr) co_return true;
  auto text = to_text(forwarded_response(head, {}, {}));
  const auto error = co_await client_.tell(std::move(text));
  if (!error) co_return true;
  report_.end = End::cut_short;
  report_.error = error;
  co_return false;
}

Task<void> Exchange::pass_upgrade(const ResponseHead& head) {
  if (!asks_for_upgrade(forwarding_.head) || !request_passed_) {
    co_return refuse("an upgrade that was not asked for");
  }
  auto text = to_text(forwarded_response(head, {}, {}));
  text += text_of(upstream_.reader.buffered());
  upstream_.reader.consume(upstream_.reader.buffered().size());
  report_.error = co_await client_.tell(std::move(text));
  report_.end = report_.error ? End::cut_short : End::upgraded;
}

// RFC 9110 10.1.1: who waits for 100 need not send the body after another answer.
bool Exchange::awaits_continue() const {
  return !continue_passed_ && forwarding_.head.fields.has_member("Expect", "100-continue");
}

Task<void> Exchange::receive_final(ResponseHead head) {
  const auto framing = framing_of(head, forwarding_.head.method);
  if (!framing) co_return refuse(framing.error().why);
  const bool upstream_persists = persists(head, *framing);
  const bool body_is_lost = !request_passed_ && (awaits_continue() || !upstream_persists);
  ResponseRoute route;
  route.to_http_1_0 = forwarding_.head.minor_version == 0;
  route.close =
      wants_close(forwarding_.head) || framing->kind == BodyKind::until_close || body_is_lost;
  std::string text;
  std::optional<CutAnswer> answer;
  if (const auto* rest_of = forwarding_.rest_of) {
    if (!is_rest(head, *framing, *rest_of)) co_return refuse("not the rest of what has begun");
    answer = *rest_of;
  } else {
    text = to_text(forwarded_response(head, *framing, route));
    answer = cut_answer(forwarding_.head, head, *framing);
  }
  BodyReader body(upstream_.reader, *framing);
  upstream_.answered = client_.stream.get();
  upstream_.is_resumable = answer.has_value();
  const bool chunked = framing->kind == BodyKind::chunked && !route.to_http_1_0;
  const auto forwarded =
      co_await forward_message(std::move(text), body, chunked, *client_.stream, std::nullopt);
  if (!forwarded.complete()) {
    report_.end = End::cut_short;
    report_.error = forwarded.sink ? forwarded.sink : forwarded.source;
    if (!forwarded.sink && !client_error_ && answer) {
      answer->passed = answer->length - body.left();
      report_.cut = std::move(answer);
    }
    co_return;
  }
  while (!route.close && !request_passed_ && !send_failed_) {
    if (co_await send_ended_.wait()) co_return;
  }
  report_.end = End::answered;
  report_.client_persists = !route.close && request_passed_;
  report_.upstream_persists = upstream_persists && request_passed_;
}

}  // namespace dispatch::proxy::http
