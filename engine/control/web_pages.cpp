#include "engine/control/web_pages.hpp"

#include "engine/control/clients.hpp"
#include "engine/control/request.hpp"
#include "engine/proxy/http_framing.hpp"
#include "engine/proxy/http_reader.hpp"

namespace dispatch::control {
namespace {

namespace http = proxy::http;

constexpr std::size_t kWebClientsMax = 64;
constexpr net::Duration kPatience = std::chrono::seconds(60);

// A whole request, or what is wrong with it. Errors: the stream's.
net::Task<net::Result<http::Checked<WebRequest>>> read_request(http::Reader& reader,
                                                               net::TimePoint deadline) {
  using Read = http::Checked<WebRequest>;
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
  WebRequest request{std::move(*head), {reinterpret_cast<const char*>(body.data()), size}};
  reader.consume(size);
  co_return Read(std::move(request));
}

net::Task<void> serve(net::Runtime& runtime, const Respond& respond, net::StreamPtr stream) {
  http::Reader reader(*stream, nullptr);
  auto& clock = runtime.clock();
  for (;;) {
    const auto deadline = clock.now() + kPatience;
    auto request = co_await read_request(reader, deadline);
    if (!request) co_return;
    http::Answer answer;
    bool close = true;
    bool without_body = false;
    if (*request) {
      const WebRequest& asked = **request;
      answer = co_await respond(asked);
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

http::Answer page_of(std::string type, std::string body) {
  http::Answer answer;
  answer.status = 200;
  answer.type = std::move(type);
  answer.body = std::move(body);
  return answer;
}

net::Task<void> serve_pages(net::Runtime& runtime, net::Listener& listener, Respond respond) {
  co_await serve_clients(runtime, listener, kWebClientsMax,
                         [&runtime, &respond](net::StreamPtr stream) {
                           return serve(runtime, respond, std::move(stream));
                         });
}

}  // namespace dispatch::control
