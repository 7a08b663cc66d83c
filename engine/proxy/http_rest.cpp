#include "engine/proxy/http_rest.hpp"

#include <fmt/format.h>

namespace dispatch::proxy::http {
namespace {

// RFC 9110 8.8.3: W/ would be a weak one.
bool is_strong(const std::string& entity_tag) {
  return entity_tag.size() >= 2 && entity_tag.front() == '"' && entity_tag.back() == '"';
}

bool has_tag(const ResponseHead& head, const std::string& entity_tag) {
  const auto* tag = head.fields.find("ETag");
  return tag != nullptr && *tag == entity_tag && head.fields.count("ETag") == 1;
}

}  // namespace

std::optional<CutAnswer> cut_answer(const RequestHead& request, const ResponseHead& response,
                                    const Framing& framing) {
  if (request.method != "GET" || request.fields.find("Range") != nullptr) return std::nullopt;
  if (response.status != 200 || framing.kind != BodyKind::length) return std::nullopt;
  if (!response.fields.has_member("Accept-Ranges", "bytes")) return std::nullopt;
  const auto* tag = response.fields.find("ETag");
  if (tag == nullptr || !is_strong(*tag) || !has_tag(response, *tag)) return std::nullopt;
  return CutAnswer{*tag, framing.length, 0};
}

RequestHead request_for_rest(const RequestHead& request, const CutAnswer& answer) {
  auto rest = request;
  for (const auto* condition :
       {"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range"}) {
    rest.fields.remove(condition);
  }
  rest.fields.add("Range", fmt::format("bytes={}-", answer.passed));
  rest.fields.add("If-Range", answer.entity_tag);
  return rest;
}

bool is_rest(const ResponseHead& response, const Framing& framing, const CutAnswer& answer) {
  if (response.status != 206 || framing.kind != BodyKind::length) return false;
  if (framing.length != answer.length - answer.passed) return false;
  const auto* range = response.fields.find("Content-Range");
  const auto expected =
      fmt::format("bytes {}-{}/{}", answer.passed, answer.length - 1, answer.length);
  return range != nullptr && *range == expected && has_tag(response, answer.entity_tag);
}

}  // namespace dispatch::proxy::http
