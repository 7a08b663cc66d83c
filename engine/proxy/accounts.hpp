// Who may use the proxy: usernames and their passwords.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace dispatch::proxy {

// Passwords are kept as digests only, so that no dump or log of this can show one; they come from
// the machine's own configuration, so a slow password hash would protect nothing here.
class Accounts {
 public:
  // Both of 1 to 255 bytes (RFC 1929), the name without ":" (RFC 7617); throws net::ConfigError.
  void add(std::string_view user, std::string_view password);

  // None: everyone may use it, without a password.
  bool empty() const { return digests_.empty(); }

  // Takes as long for a right answer as for a wrong one.
  bool accepts(std::string_view user, std::string_view password) const;

 private:
  using Digest = std::array<std::uint8_t, 32>;  // SHA-256

  static Digest digest_of(std::string_view user, std::string_view password);

  std::vector<Digest> digests_;
};

}  // namespace dispatch::proxy
