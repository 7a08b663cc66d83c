// Secrets taken out of what is kept and logged.
#pragma once

#include "engine/fleet/json_reader.hpp"

#include <string>
#include <string_view>

namespace dispatch::fleet {

inline constexpr std::string_view kRedacted = "***";

// Authorization, Cookie, X-Api-Key and their like, and whatever is called a token, a secret or a
// password.
bool is_secret_field(std::string_view name);

// The values of secret fields become ***.
Pairs redacted(Pairs fields);

// Without user and password, and without the values of query parameters that are called a token, a
// key, a secret, a password or a signature. A text that is no URL is left alone.
std::string redacted_url(std::string_view url);

}  // namespace dispatch::fleet
