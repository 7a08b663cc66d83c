#include "engine/fleet/request_spec.hpp"

#include "engine/fleet/json_writer.hpp"
#include "engine/proxy/http_authorization.hpp"
#include "engine/proxy/http_head.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dispatch::fleet {
namespace {

constexpr std::array<std::string_view, 7> kMethods = {"GET",   "POST", "PUT",    "DELETE",
                                                      "PATCH", "HEAD", "OPTIONS"};
constexpr std::array<std::pair<std::string_view, BodyForm>, 4> kForms = {
    {{"auto", BodyForm::automatic},
     {"text", BodyForm::text},
     {"json", BodyForm::json},
     {"base64", BodyForm::base64}}};

// What belongs to the connection is the agent's, and not the request's.
constexpr std::array<std::string_view, 6> kOwnFields = {
    "Connection", "Content-Length", "Transfer-Encoding", "Upgrade", "Trailer", "TE"};

void read_form(JsonReader& reader, std::string_view key, BodyForm& form) {
  std::string text;
  reader.text(key, text);
  if (text.empty()) return;
  for (const auto& [name, each] : kForms) {
    if (name == text) {
      form = each;
      return;
    }
  }
  reader.fail(key, "auto, text, json or base64 is needed");
}

bool is_field_value(std::string_view value) {
  return std::ranges::none_of(value, [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return (octet < 0x20 && c != '\t') || octet == 0x7f;
  });
}

}  // namespace

std::string_view to_string(BodyForm form) {
  return kForms[static_cast<std::size_t>(form)].first;
}

bool is_safe(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

std::optional<JsonProblem> read_request_spec(const json::object& object, RequestSpec& spec,
                                             std::vector<std::string> where) {
  JsonReader reader(object, std::move(where));
  reader.text("url", spec.url);
  reader.text("method", spec.method);
  std::ranges::transform(spec.method, spec.method.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  if (std::ranges::find(kMethods, spec.method) == kMethods.end()) {
    reader.fail("method", "GET, POST, PUT, DELETE, PATCH, HEAD or OPTIONS is needed");
  }
  reader.pairs("headers", spec.headers);
  reader.pairs("params", spec.params);
  if (const auto* body = object.if_contains("body")) spec.body = *body;
  read_form(reader, "body_encoding", spec.body_form);
  reader.seconds("timeout", spec.timeout, kTimeoutMax);
  reader.truth("follow_redirects", spec.follow_redirects);
  reader.count("max_redirects", spec.redirects_max, 0, kRedirectsMax);
  reader.truth("decompress", spec.decompress);
  reader.truth("verify", spec.verify);
  reader.count("max_response_bytes", spec.response_bytes_max, 0, kResponseBytesMax);
  read_form(reader, "response_encoding", spec.response_form);
  if (spec.body_form == BodyForm::base64 && !spec.body.is_null()) {
    const auto* text = spec.body.if_string();
    if (text == nullptr || !proxy::http::decode_base64({text->data(), text->size()})) {
      reader.fail("body", "a text in base64 is needed, as body_encoding says");
    }
  }
  if (spec.body_form == BodyForm::text && !spec.body.is_null() && !spec.body.is_string()) {
    reader.fail("body", "a text is needed, as body_encoding says");
  }
  return reader.problem();
}

std::optional<JsonProblem> check_request_spec(const RequestSpec& spec) {
  if (spec.url.empty()) return JsonProblem{{"body", "url"}, "Field required"};
  const auto url = parse_target_url(spec.url);
  if (!url) return JsonProblem{{"body", "url"}, url.error()};
  for (const auto& [name, value] : spec.headers) {
    if (name.empty() || !std::ranges::all_of(name, proxy::http::is_token_character)) {
      return JsonProblem{{"body", "headers"}, fmt::format("'{}' is no name of a header", name)};
    }
    if (!is_field_value(value)) {
      return JsonProblem{{"body", "headers", name}, "a control character in the value"};
    }
    for (const auto own : kOwnFields) {
      if (proxy::http::equal_ignoring_case(own, name)) {
        return JsonProblem{{"body", "headers", name}, "this one is set by the agent"};
      }
    }
  }
  return std::nullopt;
}

json::object to_json(const RequestSpec& spec) {
  return {{"url", spec.url},
          {"method", spec.method},
          {"headers", to_json(spec.headers)},
          {"params", to_json(spec.params)},
          {"body", spec.body},
          {"body_encoding", to_string(spec.body_form)},
          {"timeout", net::to_seconds(spec.timeout)},
          {"follow_redirects", spec.follow_redirects},
          {"max_redirects", spec.redirects_max},
          {"decompress", spec.decompress},
          {"verify", spec.verify},
          {"max_response_bytes", spec.response_bytes_max},
          {"response_encoding", to_string(spec.response_form)}};
}

void write(std::string& out, const RequestSpec& spec) {
  static const RequestSpec kUsual;
  JsonObjectWriter object(out);
  object.text("url", spec.url);
  object.text("method", spec.method);
  object.pairs("headers", spec.headers);
  object.pairs("params", spec.params);
  object.value("body", spec.body);
  object.seconds("timeout", spec.timeout);
  if (spec.body_form != kUsual.body_form) object.text("body_encoding", to_string(spec.body_form));
  if (spec.follow_redirects) object.truth("follow_redirects", true);
  if (spec.redirects_max != kUsual.redirects_max) {
    object.count("max_redirects", spec.redirects_max);
  }
  if (!spec.decompress) object.truth("decompress", false);
  if (!spec.verify) object.truth("verify", false);
  if (spec.response_bytes_max != kUsual.response_bytes_max) {
    object.count("max_response_bytes", spec.response_bytes_max);
  }
  if (spec.response_form != kUsual.response_form) {
    object.text("response_encoding", to_string(spec.response_form));
  }
  object.end();
}

BodyBytes body_bytes(const RequestSpec& spec) {
  if (spec.body.is_null()) return {};
  const auto* text = spec.body.if_string();
  const std::string plain = text == nullptr ? std::string() : std::string(*text);
  switch (spec.body_form) {
    case BodyForm::base64:
      return {proxy::http::decode_base64(plain).value_or(""), "application/octet-stream", true};
    case BodyForm::text:
      return {plain, "text/plain; charset=utf-8", true};
    case BodyForm::json:
      return {json::serialize(spec.body), "application/json", true};
    case BodyForm::automatic:
      break;
  }
  if (text == nullptr) return {json::serialize(spec.body), "application/json", true};
  const bool is_json = !plain.empty() && parse_json(plain).has_value();
  return {plain, is_json ? "application/json" : "text/plain; charset=utf-8", true};
}

}  // namespace dispatch::fleet
