#include "engine/fleet/tokens.hpp"

#include "engine/net/config_error.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>

namespace dispatch::fleet {
namespace {

constexpr std::string_view kScheme = "bearer ";

Tokens::Digest digest_of(std::string_view token) {
  Tokens::Digest digest{};
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

}  // namespace

void Tokens::add(std::string_view token) {
  const bool printable = std::ranges::all_of(token, [](char c) { return c > 0x20 && c < 0x7f; });
  if (token.empty() || !printable) {
    throw net::ConfigError("a token is printable characters without blanks, at least one");
  }
  digests_.push_back(digest_of(token));
}

bool Tokens::opens(std::string_view token) const {
  const auto digest = digest_of(token);
  bool any = digests_.empty();
  for (const auto& each : digests_) {
    any = CRYPTO_memcmp(each.data(), digest.data(), digest.size()) == 0 || any;
  }
  return any;
}

bool Tokens::opens(const proxy::http::Fields& fields) const {
  if (empty()) return true;
  if (const auto* value = fields.find("Authorization")) {
    const auto scheme = std::string_view(*value).substr(0, kScheme.size());
    if (proxy::http::equal_ignoring_case(scheme, kScheme)) {
      return opens(std::string_view(*value).substr(kScheme.size()));
    }
  }
  const auto* key = fields.find("X-Api-Key");
  return key != nullptr && opens(*key);
}

}  // namespace dispatch::fleet
