#include "engine/proxy/accounts.hpp"

#include "engine/net/config_error.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <new>
#include <string>

namespace dispatch::proxy {
namespace {

constexpr std::size_t kPartMax = 255;

bool fits(std::string_view part) {
  return !part.empty() && part.size() <= kPartMax;
}

}  // namespace

// The name's length keeps "a", "bc" and "ab", "c" apart.
Accounts::Digest Accounts::digest_of(std::string_view user, std::string_view password) {
  const auto text = fmt::format("{}:{}:{}", user.size(), user, password);
  Digest digest;
  unsigned size = digest.size();
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    throw std::bad_alloc();
  }
  return digest;
}

void Accounts::add(std::string_view user, std::string_view password) {
  if (!fits(user) || user.find(':') != std::string_view::npos) {
    throw net::ConfigError(
        fmt::format("user \"{}\": a name has 1 to 255 bytes, and no colon", user));
  }
  if (!fits(password)) {
    throw net::ConfigError(fmt::format("user \"{}\": a password has 1 to 255 bytes", user));
  }
  digests_.push_back(digest_of(user, password));
}

bool Accounts::accepts(std::string_view user, std::string_view password) const {
  const auto offered = digest_of(user, password);
  bool found = false;
  for (const auto& digest : digests_) {  // all of them, whichever it is
    found |= CRYPTO_memcmp(digest.data(), offered.data(), offered.size()) == 0;
  }
  return found;
}

}  // namespace dispatch::proxy
