#include "engine/fleet/http_fetcher.hpp"

#include "engine/fleet/inflate.hpp"
#include "engine/fleet/websocket_frame.hpp"
#include "engine/net/deadline.hpp"
#include "engine/proxy/http_authorization.hpp"
#include "engine/proxy/http_body.hpp"
#include "engine/proxy/http_reader.hpp"
#include "engine/tls/stream.hpp"

#include <boost/json/serialize.hpp>
#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dispatch::fleet {
namespace {

namespace http = proxy::http;
namespace errc = boost::system::errc;

// Headers that a redirect to another origin must not carry there.
constexpr std::string_view kCredentialFields[] = {"Authorization", "Cookie", "Proxy-Authorization"};

bool has_field(const Pairs& fields, std::string_view name) {
  return std::ranges::any_of(
      fields, [&](const auto& each) { return http::equal_ignoring_case(each.first, name); });
}

void remove_field(Pairs& fields, std::string_view name) {
  std::erase_if(fields,
                [&](const auto& each) { return http::equal_ignoring_case(each.first, name); });
}

// Of a connection attempt: whether it is the source that is wrong, and not the target.
bool is_of_source(const net::Error& error) {
  return error == errc::address_not_available || error == errc::address_family_not_supported ||
         error == errc::no_such_device;
}

// Bytes that are no UTF-8 become U+FFFD, each.
std::string as_utf8(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    const auto first = static_cast<unsigned char>(bytes.front());
    const std::size_t size = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    const auto part = bytes.substr(0, size);
    if (websocket::is_utf8(part)) {
      out += part;
      bytes.remove_prefix(part.size());
    } else {
      out += "\xef\xbf\xbd";
      bytes.remove_prefix(1);
    }
  }
  return out;
}

bool looks_like_json(std::string_view bytes, const Pairs& headers) {
  const auto begin = bytes.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return false;
  if (bytes[begin] == '{' || bytes[begin] == '[') return true;
  return std::ranges::any_of(headers, [](const auto& each) {
    return http::equal_ignoring_case(each.first, "Content-Type") &&
           each.second.find("json") != std::string::npos;
  });
}

void set_body(ExecuteResult& result, std::string bytes, BodyForm form) {
  result.response_bytes = bytes.size();
  const bool may_be_json = form == BodyForm::json ||
                           (form == BodyForm::automatic && looks_like_json(bytes, result.headers));
  if (may_be_json) {
    if (auto value = parse_json(bytes)) {
      result.body = std::move(*value);
      result.is_json = true;
      result.body_encoding = "json";
      return;
    }
  }
  const bool text =
      form == BodyForm::text || (form != BodyForm::base64 && websocket::is_utf8(bytes));
  if (!text) {
    result.body = http::encode_base64(bytes);
    result.body_encoding = "base64";
    return;
  }
  result.body = websocket::is_utf8(bytes) ? bytes : as_utf8(bytes);
  result.body_encoding = "text";
}

}  // namespace

struct HttpFetcher::Connection {
  explicit Connection(net::StreamPtr its) : stream(std::move(its)), reader(*stream, nullptr) {}

  net::StreamPtr stream;
  http::Reader reader;
};

// One request with its redirects.
struct HttpFetcher::Exchange {
  RequestSpec spec;
  TargetUrl url;
  net::Address source;
  net::TimePoint deadline;
  const TargetPolicy* policies[2];
  ExecuteResult result{};
  std::unique_ptr<Connection> connection{};
  http::ResponseHead head{};
  std::string body{};
  bool reusable = false;
  bool any_byte = false;  // of an answer

  Key key() const {
    return {net::to_string(source), url.host(), url.target.port, url.tls, spec.verify};
  }
  std::optional<std::string> objection(const net::Address* address) const {
    for (const auto* policy : policies) {
      if (policy == nullptr) continue;
      auto why = address == nullptr ? policy->objection(url.host())
                                    : policy->objection(url.host(), *address);
      if (why) return why;
    }
    return std::nullopt;
  }
  // Always false.
  bool fail(Outcome outcome, std::string what) {
    result.outcome = outcome;
    result.error = std::move(what);
    return false;
  }
  bool fail(Outcome outcome, std::string_view doing, const net::Error& error) {
    if (error == errc::timed_out) {
      return fail(Outcome::timed_out, fmt::format("{}: timed out", doing));
    }
    if (error == net::asio::error::eof) {
      return fail(outcome, fmt::format("{}: the target closed the connection", doing));
    }
    return fail(outcome, fmt::format("{}: {}", doing, error.message()));
  }
};

HttpFetcher::HttpFetcher(net::Runtime& runtime, const FetcherOptions& options)
    : runtime_(runtime),
      options_(options),
      anyone_(tls::Context::client_of_anyone()),
      names_(runtime, {}) {}

HttpFetcher::~HttpFetcher() = default;

std::unique_ptr<HttpFetcher::Connection> HttpFetcher::take_idle(const Key& key) {
  // The newest one: it is the least likely to be closed.
  for (auto each = idle_.rbegin(); each != idle_.rend(); ++each) {
    if (each->key != key) continue;
    if (runtime_.clock().now() - each->since > options_.idle_max) return nullptr;
    auto connection = std::move(each->connection);
    idle_.erase(std::next(each).base());
    return connection;
  }
  return nullptr;
}

void HttpFetcher::keep(Exchange& exchange) {
  if (!exchange.reusable || !exchange.connection ||
      !exchange.connection->reader.buffered().empty()) {
    exchange.connection.reset();
    return;
  }
  exchange.connection->reader.release();
  idle_.push_back({exchange.key(), runtime_.clock().now(), std::move(exchange.connection)});
  if (idle_.size() > options_.idle_connections_max) idle_.pop_front();
}

net::Task<void> HttpFetcher::sweep() {
  for (;;) {
    if (co_await runtime_.clock().sleep_for(options_.idle_max / 2)) co_return;
    const auto limit = runtime_.clock().now() - options_.idle_max;
    while (!idle_.empty() && idle_.front().since < limit) idle_.pop_front();
  }
}

net::Task<bool> HttpFetcher::look_up(Exchange& exchange, std::vector<net::Address>& addresses) {
  const auto& host = exchange.url.target.host;
  if (const auto* literal = std::get_if<net::Address>(&host)) {
    addresses.push_back(*literal);
    co_return true;
  }
  proxy::NameQuestion question;
  question.name = std::get<std::string>(host);
  question.family = net::family_of(exchange.source);
  question.ways = {{net::kAnyEgress}};
  auto asking = names_.resolve(std::move(question));
  auto found = co_await net::with_deadline(runtime_.clock(), exchange.deadline, std::move(asking));
  if (!found) {
    co_return exchange.fail(Outcome::unresolved, "looking up " + exchange.url.host(),
                            found.error());
  }
  addresses = std::move(*found);
  co_return true;
}

net::Task<bool> HttpFetcher::connect(Exchange& exchange) {
  exchange.any_byte = false;
  std::vector<net::Address> addresses;
  const bool found = co_await look_up(exchange, addresses);
  if (!found) co_return false;
  const auto doing = "connecting to " + exchange.url.authority();
  exchange.fail(Outcome::no_address, fmt::format("{} has no {} address", exchange.url.host(),
                                                 net::to_string(net::family_of(exchange.source))));
  net::StreamPtr stream;
  for (const auto& address : addresses) {
    if (net::family_of(address) != net::family_of(exchange.source)) continue;
    if (const auto why = exchange.objection(&address)) {
      exchange.fail(Outcome::refused_by_policy, *why);
      continue;
    }
    const auto now = runtime_.clock().now();
    const auto until = std::min(exchange.deadline, now + options_.connect_timeout);
    const net::Endpoint remote{address, exchange.url.target.port};
    net::Egress egress;
    egress.source = exchange.source;
    auto connected = co_await runtime_.network().connect(remote, egress, until);
    if (connected) {
      stream = std::move(*connected);
      exchange.result.remote = net::to_string(remote);
      break;
    }
    const bool source = is_of_source(connected.error());
    exchange.fail(source ? Outcome::no_address : Outcome::unreachable,
                  source ? fmt::format("from {}", net::to_string(exchange.source)) : doing,
                  connected.error());
    // The target's silence is not the end of the request as long as there is time.
    if (exchange.result.outcome == Outcome::timed_out && until < exchange.deadline) {
      exchange.result.outcome = Outcome::unreachable;
    }
    if (source) co_return false;
  }
  if (!stream) co_return false;
  if (exchange.url.tls) {
    auto context = exchange.spec.verify ? options_.believed : anyone_;
    auto handshake =
        tls::Stream::connect(runtime_, std::move(context), std::move(stream), exchange.url.host());
    auto secured =
        co_await net::with_deadline(runtime_.clock(), exchange.deadline, std::move(handshake));
    if (!secured) {
      co_return exchange.fail(Outcome::tls, "TLS with " + exchange.url.authority(),
                              secured.error());
    }
    stream = std::move(*secured);
  }
  exchange.connection = std::make_unique<Connection>(std::move(stream));
  co_return true;
}

net::Task<bool> HttpFetcher::send(Exchange& exchange, const std::string& request) {
  exchange.result.sent = true;
  const auto error = co_await net::write_all(*exchange.connection->stream,
                                             std::as_bytes(std::span(request)), exchange.deadline);
  if (!error) co_return true;
  co_return exchange.fail(Outcome::broken, "sending the request", error);
}

net::Task<bool> HttpFetcher::read_answer(Exchange& exchange) {
  auto& reader = exchange.connection->reader;
  for (;;) {
    auto got = co_await reader.read_head(exchange.deadline);
    exchange.any_byte = exchange.any_byte || got || !reader.buffered().empty();
    if (!got) co_return exchange.fail(Outcome::broken, "waiting for the answer", got.error());
    if (got->fault) co_return exchange.fail(Outcome::broken, "not HTTP: " + got->fault->why);
    auto head = http::parse_response_head(got->text);
    if (!head) co_return exchange.fail(Outcome::broken, "not HTTP: " + head.error().why);
    if (head->status / 100 == 1 && head->status != 101) continue;
    exchange.head = std::move(*head);
    break;
  }
  co_return co_await read_body(exchange);
}

net::Task<bool> HttpFetcher::read_body(Exchange& exchange) {
  const auto& head = exchange.head;
  auto& result = exchange.result;
  exchange.body.clear();
  result.headers.clear();
  for (const auto& field : head.fields) {
    // JSON's own texts are UTF-8.
    const auto value = websocket::is_utf8(field.value) ? field.value : as_utf8(field.value);
    result.headers.emplace_back(field.name, value);
  }
  const auto framing = http::framing_of(head, exchange.spec.method);
  if (!framing) co_return exchange.fail(Outcome::broken, "not HTTP: " + framing.error().why);
  const auto most = exchange.spec.response_bytes_max;
  const auto too_large = [&] {
    return exchange.fail(Outcome::too_large,
                         fmt::format("the answer is larger than {} bytes", most));
  };
  const auto codings = head.fields.members("Content-Encoding");
  std::unique_ptr<Inflater> inflater;
  if (exchange.spec.decompress && codings.size() == 1 && is_known_coding(codings.front())) {
    inflater = std::make_unique<Inflater>(codings.front());
  }
  http::BodyReader body(exchange.connection->reader, *framing);
  for (;;) {
    const auto piece = body.take();
    if (!piece) co_return exchange.fail(Outcome::broken, "the answer's chunks are broken");
    if (inflater) {
      const auto step = inflater->feed(*piece, exchange.body, static_cast<std::size_t>(most));
      if (step == Inflater::Step::too_large) co_return too_large();
      if (step == Inflater::Step::broken) {
        co_return exchange.fail(Outcome::broken, "the answer's compression is broken");
      }
    } else {
      if (piece->size() > most - exchange.body.size()) co_return too_large();
      exchange.body.append(reinterpret_cast<const char*>(piece->data()), piece->size());
    }
    if (!piece->empty()) continue;
    if (body.has_ended()) break;
    const auto error = co_await body.wait(exchange.deadline);
    if (error) co_return exchange.fail(Outcome::broken, "reading the answer", error);
  }
  exchange.reusable = framing->kind != http::BodyKind::until_close && head.minor_version >= 1 &&
                      !head.fields.has_member("Connection", "close") && head.status != 101;
  co_return true;
}

// True: the exchange has another URL to ask.
bool HttpFetcher::follow(Exchange& exchange) {
  auto& spec = exchange.spec;
  const auto status = exchange.head.status;
  const bool moves =
      status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  const auto* location = exchange.head.fields.find("Location");
  if (!spec.follow_redirects || !moves || location == nullptr) return false;
  if (exchange.result.redirects >= spec.redirects_max) {
    return exchange.fail(Outcome::broken,
                         fmt::format("more than {} redirects", spec.redirects_max));
  }
  auto next = resolve_location(exchange.url, *location);
  if (!next) return exchange.fail(Outcome::broken, "a redirect to no URL: " + next.error());
  // RFC 9110 15.4: what was posted is asked for; 307 and 308 ask again for the same.
  const bool rewritten =
      status == 303 ? spec.method != "HEAD" : status < 307 && spec.method == "POST";
  if (rewritten) {
    if (spec.method != "GET") {
      spec.method = "GET";
      spec.body = nullptr;
      remove_field(spec.headers, "Content-Type");
    }
  }
  const bool same_origin = next->host() == exchange.url.host() &&
                           next->target.port == exchange.url.target.port &&
                           next->tls == exchange.url.tls;
  if (!same_origin) {
    for (const auto name : kCredentialFields) remove_field(spec.headers, name);
    remove_field(spec.headers, "Host");
    next->user_info.clear();
  } else if (next->user_info.empty()) {
    next->user_info = exchange.url.user_info;
  }
  exchange.url = std::move(*next);
  ++exchange.result.redirects;
  return true;
}

net::Task<ExecuteResult> HttpFetcher::fetch(RequestSpec spec, net::Address source,
                                            net::TimePoint deadline, const TargetPolicy* first,
                                            const TargetPolicy* second) {
  const auto began = runtime_.clock().now();
  auto url = parse_target_url(spec.url);
  Exchange exchange{std::move(spec), {}, source, deadline, {first, second}};
  auto& result = exchange.result;
  result.outcome = Outcome::invalid;
  if (!url) {
    result.error = url.error();
    co_return std::move(result);
  }
  exchange.url = std::move(*url);
  add_params(exchange.url, exchange.spec.params);
  for (;;) {
    if (const auto why = exchange.objection(nullptr)) {
      exchange.fail(Outcome::refused_by_policy, *why);
      break;
    }
    const auto content = body_bytes(exchange.spec);
    http::RequestHead head{exchange.spec.method, exchange.url.origin_form, 1, {}};
    if (!has_field(exchange.spec.headers, "Host")) {
      head.fields.add("Host", exchange.url.authority());
    }
    for (const auto& [name, value] : exchange.spec.headers) head.fields.add(name, value);
    const auto add_default = [&](std::string_view name, std::string_view value) {
      if (!has_field(exchange.spec.headers, name)) head.fields.add(name, value);
    };
    add_default("User-Agent", options_.user_agent);
    add_default("Accept", "*/*");
    if (exchange.spec.decompress) add_default("Accept-Encoding", "gzip, deflate");
    if (!exchange.url.user_info.empty()) {
      add_default("Authorization", "Basic " + http::encode_base64(exchange.url.user_info));
    }
    if (content.present) {
      if (!content.content_type.empty()) add_default("Content-Type", content.content_type);
      head.fields.add("Content-Length", fmt::format("{}", content.bytes.size()));
    } else if (exchange.spec.method == "POST" || exchange.spec.method == "PUT" ||
               exchange.spec.method == "PATCH") {
      head.fields.add("Content-Length", "0");
    }
    const auto request = http::to_text(head) + content.bytes;
    const bool safe = is_safe(exchange.spec.method);
    const bool was_sent = result.sent;  // of a redirect: the first request was
    bool answered = false;
    if (safe) exchange.connection = take_idle(exchange.key());
    result.reused_connection = exchange.connection != nullptr;
    exchange.any_byte = false;
    if (exchange.connection) {
      result.remote = net::to_string(exchange.connection->stream->remote_endpoint());
      answered = co_await send(exchange, request);
      if (answered) answered = co_await read_answer(exchange);
      // A connection that the server closed while it was idle says nothing about the request.
      const bool stale = !answered && !exchange.any_byte && result.outcome == Outcome::broken;
      if (stale) {
        result.reused_connection = false;
        result.sent = was_sent;
      }
      if (!answered && !stale) break;
    }
    if (!answered) {
      exchange.connection.reset();
      const bool connected = co_await connect(exchange);
      if (!connected) break;
      answered = co_await send(exchange, request);
      if (answered) answered = co_await read_answer(exchange);
      if (!answered) break;
    }
    keep(exchange);
    result.outcome = Outcome::answered;
    result.error.clear();
    if (!follow(exchange)) break;
  }
  result.url = exchange.url.text();
  if (result.outcome == Outcome::answered) {
    result.status_code = exchange.head.status;
    set_body(result, std::move(exchange.body), exchange.spec.response_form);
  }
  result.duration = runtime_.clock().now() - began;
  co_return std::move(result);
}

}  // namespace dispatch::fleet
