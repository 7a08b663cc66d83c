#include "engine/proxy/http_authorization.hpp"

#include "engine/proxy/session_name.hpp"

#include <cstdint>

namespace dispatch::proxy::http {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned held = 0;  // bits not given out yet
  for (const char c : text) {
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xff);
  }
  return bytes;
}

std::string encode_base64(std::string_view bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto group = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i != 3; ++i) {
      bits = bits << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0u);
    }
    for (std::size_t i = 0; i != 4; ++i) {
      text += i <= group.size() ? kAlphabet[bits >> (18 - 6 * i) & 63] : '=';
    }
  }
  return text;
}

std::string basic_authorization(const link::Credentials& credentials) {
  return "Basic " + encode_base64(credentials.user + ":" + credentials.password);
}

namespace {

// RFC 7617 2. None: no field, more than one, or something else in it.
std::optional<std::string> credentials_of(const Fields& fields) {
  if (fields.count("Proxy-Authorization") != 1) return std::nullopt;
  const std::string_view offered = *fields.find("Proxy-Authorization");
  const auto space = offered.find(' ');
  if (space == std::string_view::npos || !equal_ignoring_case(offered.substr(0, space), "Basic")) {
    return std::nullopt;
  }
  const auto begin = std::min(offered.find_first_not_of(' ', space), offered.size());
  auto credentials = decode_base64(offered.substr(begin));
  if (credentials && credentials->find(':') == std::string::npos) return std::nullopt;
  return credentials;
}

}  // namespace

std::string user_of(const Fields& fields) {
  const auto credentials = credentials_of(fields);
  return credentials ? credentials->substr(0, credentials->find(':')) : std::string();
}

bool is_authorized(const Fields& fields, const Accounts& accounts) {
  if (accounts.empty()) return true;
  const auto credentials = credentials_of(fields);
  if (!credentials) return false;
  const auto colon = credentials->find(':');
  const auto text = std::string_view(*credentials);
  return accepts(accounts, text.substr(0, colon), text.substr(colon + 1));
}

}  // namespace dispatch::proxy::http
