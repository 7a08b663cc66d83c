// Who may use the proxy, as its owner writes it: a line for each, NAME:PASSWORD. Lines that are
// empty or begin with # are skipped.
#pragma once

#include "engine/proxy/accounts.hpp"

#include <string>
#include <string_view>

namespace dispatch::cli {

// The environment's variable that may hold the same lines.
inline constexpr auto kUsersVariable = "DISPATCH_USERS";

// `source` is what errors call it. Throws net::ConfigError: "users.txt:3: ...". No error shows a
// password.
proxy::Accounts parse_users(std::string_view text, const std::string& source);

// Complains where others may read the file. Throws net::ConfigError.
proxy::Accounts read_users(const std::string& path);

}  // namespace dispatch::cli
