#include "engine/fleet/redact.hpp"

#include "engine/proxy/http_head.hpp"

#include <algorithm>
#include <array>

namespace dispatch::fleet {
namespace {

constexpr std::array<std::string_view, 10> kFields = {
    "authorization", "proxy-authorization", "cookie",       "set-cookie",  "x-api-key",
    "api-key",       "x-auth-token",        "x-csrf-token", "set-cookie2", "www-authenticate"};
constexpr std::array<std::string_view, 10> kWords = {"token",      "secret",  "password", "passwd",
                                                     "signature",  "api_key", "apikey",   "api-key",
                                                     "credential", "session"};
constexpr std::array<std::string_view, 5> kParameters = {"key", "auth", "sig", "pwd", "code"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool has_secret_word(const std::string& name) {
  return std::ranges::any_of(
      kWords, [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

std::string redacted_query(std::string_view query) {
  std::string out;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    const auto equals = pair.find('=');
    const auto name = lower(pair.substr(0, equals));
    const bool secret = has_secret_word(name) ||
                        std::ranges::find(kParameters, std::string_view(name)) != kParameters.end();
    if (secret && equals != std::string_view::npos) {
      out.append(pair.substr(0, equals + 1)).append(kRedacted);
    } else {
      out += pair;
    }
    query.remove_prefix(end);
    if (!query.empty()) {
      out.push_back('&');
      query.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace

bool is_secret_field(std::string_view name) {
  const auto lowered = lower(name);
  return std::ranges::find(kFields, std::string_view(lowered)) != kFields.end() ||
         has_secret_word(lowered);
}

Pairs redacted(Pairs fields) {
  for (auto& [name, value] : fields) {
    if (is_secret_field(name)) value = kRedacted;
  }
  return fields;
}

std::string redacted_url(std::string_view url) {
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return std::string(url);
  const auto host_at = scheme_end + 3;
  const auto authority_end = std::min(url.find_first_of("/?#", host_at), url.size());
  std::string out(url.substr(0, host_at));
  const auto authority = url.substr(host_at, authority_end - host_at);
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    out.append(kRedacted).append(authority.substr(at));
  } else {
    out += authority;
  }
  const auto rest = url.substr(authority_end);
  const auto query_at = rest.find('?');
  if (query_at == std::string_view::npos) return out.append(rest);
  const auto query_end = std::min(rest.find('#', query_at), rest.size());
  out.append(rest.substr(0, query_at + 1));
  out += redacted_query(rest.substr(query_at + 1, query_end - query_at - 1));
  return out.append(rest.substr(query_end));
}

}  // namespace dispatch::fleet
