#include "engine/fleet/coordinator_access.hpp"

#include "engine/fleet/json_reader.hpp"
#include "engine/net/deadline.hpp"
#include "engine/proxy/http_body.hpp"
#include "engine/tls/stream.hpp"

#include <boost/json/serialize.hpp>
#include <boost/system/errc.hpp>
#include <fmt/format.h>

namespace dispatch::fleet {
namespace {

namespace http = proxy::http;
namespace errc = boost::system::errc;

}  // namespace

net::Task<net::Result<net::StreamPtr>> connect_to_coordinator(
    net::Runtime& runtime, const TargetUrl& coordinator, std::shared_ptr<const tls::Context> tls,
    net::TimePoint deadline) {
  std::vector<net::Address> addresses;
  if (const auto* literal = std::get_if<net::Address>(&coordinator.target.host)) {
    addresses.push_back(*literal);
  } else {
    net::ResolveQuery query;
    query.name = std::get<std::string>(coordinator.target.host);
    auto asking = runtime.resolver().resolve(std::move(query));
    auto found = co_await net::with_deadline(runtime.clock(), deadline, std::move(asking));
    if (!found) co_return found.error();
    for (const auto& each : *found) addresses.push_back(each.address);
  }
  net::Error error = errc::make_error_code(errc::host_unreachable);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const auto now = runtime.clock().now();
    const auto until = now + (deadline - now) / static_cast<int>(addresses.size() - i);
    auto connected = co_await runtime.network().connect({addresses[i], coordinator.target.port},
                                                        net::kAnyEgress, until);
    if (!connected) {
      error = connected.error();
      continue;
    }
    if (!coordinator.tls) co_return std::move(*connected);
    auto handshake = tls::Stream::connect(runtime, tls, std::move(*connected), coordinator.host());
    co_return co_await net::with_deadline(runtime.clock(), deadline, std::move(handshake));
  }
  co_return error;
}

std::string path_at(const TargetUrl& coordinator, std::string_view path) {
  auto base = coordinator.origin_form;
  if (base.ends_with('/')) base.pop_back();
  return base.append(path);
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (http::is_token_character(c) && c != '%') {
      out.push_back(c);
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

void show_token(http::RequestHead& head, const std::string& token) {
  if (!token.empty()) head.fields.add("Authorization", "Bearer " + token);
}

http::RequestHead coordinator_request(const TargetUrl& coordinator, std::string_view method,
                                      std::string_view path, const std::string& token) {
  http::RequestHead head{std::string(method), path_at(coordinator, path), 1, {}};
  head.fields.add("Host", coordinator.authority());
  show_token(head, token);
  return head;
}

std::string CoordinatorAnswer::refusal() const {
  const auto value = parse_json(body);
  if (value && value->is_object()) {
    if (const auto* detail = value->get_object().if_contains("detail")) {
      const auto text =
          detail->is_string() ? std::string(detail->get_string()) : json::serialize(*detail);
      return fmt::format("{} {}", head.status, text);
    }
  }
  return fmt::format("{} {}", head.status, head.reason);
}

net::Task<CoordinatorAnswer> ask_coordinator(net::Stream& stream, http::Reader& reader,
                                             http::RequestHead head, std::string content,
                                             std::size_t answer_max, net::TimePoint deadline) {
  CoordinatorAnswer answer;
  if (!content.empty()) {
    head.fields.add("Content-Type", "application/json");
    head.fields.add("Content-Length", fmt::format("{}", content.size()));
  }
  const auto text = http::to_text(head) + content;
  const auto error = co_await net::write_all(stream, std::as_bytes(std::span(text)), deadline);
  if (error) {
    answer.failure = error.message();
    co_return answer;
  }
  auto got = co_await reader.read_head(deadline);
  if (!got) {
    answer.failure =
        got.error() == net::asio::error::eof ? "it closed the connection" : got.error().message();
    co_return answer;
  }
  if (got->fault) {
    answer.failure = "it does not speak HTTP: " + got->fault->why;
    co_return answer;
  }
  auto parsed = http::parse_response_head(got->text);
  if (!parsed) {
    answer.failure = "it does not speak HTTP: " + parsed.error().why;
    co_return answer;
  }
  answer.head = std::move(*parsed);
  if (answer.head.status == 101) co_return answer;
  const auto framing = http::framing_of(answer.head, head.method);
  if (!framing) {
    answer.failure = "it does not speak HTTP: " + framing.error().why;
    co_return answer;
  }
  http::BodyReader body(reader, *framing);
  for (;;) {
    const auto piece = body.take();
    if (!piece || answer.body.size() + piece->size() > answer_max) {
      answer.failure = piece ? "its answer is too large" : "its answer is broken";
      co_return answer;
    }
    answer.body.append(reinterpret_cast<const char*>(piece->data()), piece->size());
    if (!piece->empty()) continue;
    if (body.has_ended()) co_return answer;
    const auto ended = co_await body.wait(deadline);
    if (ended) {
      answer.failure = ended.message();
      co_return answer;
    }
  }
}

}  // namespace dispatch::fleet
