// Who may ask: secrets that callers show (Authorization: Bearer TOKEN, RFC 6750).
#pragma once

#include "engine/proxy/http_head.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::fleet {

// Any one of them opens. How long a comparison takes says nothing about how much of a guess is
// right, nor how long the tokens are: digests are compared.
class Tokens {
 public:
  using Digest = std::array<unsigned char, 32>;  // SHA-256

  // Throws net::ConfigError: empty, or with blanks or control characters.
  void add(std::string_view token);

  // No tokens: everyone is let in.
  bool empty() const { return digests_.empty(); }
  bool opens(std::string_view token) const;
  // By Authorization, or X-Api-Key.
  bool opens(const proxy::http::Fields& fields) const;

 private:
  std::vector<Digest> digests_;
};

}  // namespace dispatch::fleet
