#include "engine/traffic/ledger.hpp"

#include "engine/net/accept_loop.hpp"
#include "engine/proxy/http_answer.hpp"
#include "engine/proxy/http_body.hpp"
#include "engine/proxy/http_framing.hpp"
#include "engine/proxy/http_reader.hpp"

#include <charconv>
#include <string_view>

namespace dispatch::traffic {
namespace {

namespace http = proxy::http;

constexpr std::uint64_t kBodyMost = 64 * 1024 * 1024;

// What stands behind "NAME=" in a query; none: it is not there.
std::optional<std::string> parameter(std::string_view target, std::string_view name) {
  const auto at = target.find('?');
  auto query = at == std::string_view::npos ? std::string_view() : target.substr(at + 1);
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    return std::string(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
  }
  return std::nullopt;
}

std::uint64_t number(const std::optional<std::string>& text) {
  std::uint64_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

std::string name_of(std::string_view target) {
  const auto path = target.substr(0, target.find('?'));
  const auto slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

net::Task<bool> read_body(http::Reader& reader, const http::Framing& framing, std::string& out) {
  http::BodyReader body(reader, framing);
  for (;;) {
    const auto piece = body.take();
    if (!piece || out.size() + piece->size() > kBodyMost) co_return false;
    out.append(reinterpret_cast<const char*>(piece->data()), piece->size());
    if (!piece->empty()) continue;
    if (body.has_ended()) co_return true;
    const auto error = co_await body.wait();
    if (error) co_return false;
  }
}

}  // namespace

Ledger::Ledger(net::Runtime& runtime)
    : runtime_(runtime), tasks_(runtime.executor(), [&runtime](std::exception_ptr exception) {
        try {
          std::rethrow_exception(exception);
        } catch (const std::exception& error) {
          runtime.log().error("ledger: internal error: {}", error.what());
        }
      }) {}

net::Result<net::Endpoint> Ledger::listen(const net::Endpoint& local) {
  auto listener = runtime_.network().listen(local, {});
  if (!listener) return listener.error();
  listeners_.push_back(std::move(*listener));
  return listeners_.back()->local_endpoint();
}

void Ledger::start() {
  for (auto& listener : listeners_) {
    tasks_.spawn(net::accept_loop(runtime_, *listener, [this](net::StreamPtr stream) {
      tasks_.spawn(serve(std::move(stream)));
    }));
  }
}

net::Task<void> Ledger::serve(net::StreamPtr stream) {
  ++connections_;
  http::Reader reader(*stream, nullptr);
  for (;;) {
    auto got = co_await reader.read_head();
    if (!got || got->fault) co_return;
    const auto head = http::parse_request_head(got->text);
    if (!head) co_return;
    const auto framing = http::framing_of(*head);
    if (!framing) co_return;
    std::string body;
    const bool whole = co_await read_body(reader, *framing, body);
    if (!whole) co_return;
    ++requests_;
    const auto source = stream->remote_endpoint().address;
    ++sources_[source];
    const auto name = name_of(head->target);
    auto& entry = entries_[name];
    ++entry.times;
    ++entry.by[source];
    entry.method = head->method;
    entry.body = std::move(body);
    const auto wait = number(parameter(head->target, "wait"));
    if (wait != 0) {
      if (co_await runtime_.clock().sleep_for(std::chrono::milliseconds(wait))) co_return;
    }
    if (parameter(head->target, "drop")) co_return stream->abort();
    http::Answer answer;
    answer.status = 200;
    answer.body = name + "\n";
    if (const auto bytes = parameter(head->target, "bytes")) {
      answer.body.assign(number(bytes), 'x');
    }
    if (const auto to = parameter(head->target, "to")) {
      answer.status = 302;
      answer.fields.add("Location", *to);
    }
    const bool close = head->fields.has_member("Connection", "close");
    const auto text = http::to_text(answer, head->method == "HEAD", close);
    const auto error = co_await net::write_all(*stream, std::as_bytes(std::span(text)));
    if (error || close) co_return;
  }
}

net::Task<void> Ledger::stop() {
  for (auto& each : listeners_) each->close();
  tasks_.cancel();
  (void)co_await tasks_.idle();
  listeners_.clear();
}

}  // namespace dispatch::traffic
