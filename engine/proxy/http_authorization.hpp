// Proxy-Authorization: Basic (RFC 7617).
#pragma once

#include "engine/link/upstream.hpp"
#include "engine/proxy/accounts.hpp"
#include "engine/proxy/http_head.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dispatch::proxy::http {

inline constexpr std::string_view kChallenge = R"(Basic realm="dispatch", charset="UTF-8")";

// RFC 4648 4, in whole and with its padding.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view bytes);

// What a field says that shows these.
std::string basic_authorization(const link::Credentials& credentials);

// Who the request says to be, if anyone.
std::string user_of(const Fields& fields);

// Whether the request may be served: there are no accounts, or it names one and its password.
bool is_authorized(const Fields& fields, const Accounts& accounts);

}  // namespace dispatch::proxy::http
