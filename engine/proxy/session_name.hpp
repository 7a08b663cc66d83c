// What a client's name says beside whose it is:
//
//     kim    kim-session-4711    kim-session-4711-lifetime-10min
//
// as proxies for hire have it: connections of one session stay on one link (link::Sticky), and
// those of another may take another one.
#pragma once

#include "engine/net/time.hpp"
#include "engine/proxy/accounts.hpp"

#include <string_view>

namespace dispatch::proxy {

struct SessionName {
  std::string_view account;  // whose password counts
  std::string_view session;  // empty: none
  net::Duration lifetime{};  // 0: none is given
};

// What does not follow the grammar is an account's name, in whole.
SessionName parse_session_name(std::string_view user);

// Whether the password is that of `user`, or of the account that its session belongs to; where
// there are no accounts, everyone's is.
bool accepts(const Accounts& accounts, std::string_view user, std::string_view password);

}  // namespace dispatch::proxy
