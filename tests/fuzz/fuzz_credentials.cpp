// Any text as what a client says to be: a field of HTTP (RFC 7617), and the name of a session.

#include "engine/proxy/http_authorization.hpp"
#include "engine/proxy/session_name.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <string>

namespace dispatch::proxy {
namespace {

using fuzz::require;

void base64(std::string_view text) {
  require(http::decode_base64(http::encode_base64(text)) == text, "what was encoded comes back");
  const auto bytes = http::decode_base64(text);
  if (!bytes) return;
  require(http::decode_base64(http::encode_base64(*bytes)) == *bytes, "and so does what it means");
}

void session(std::string_view user) {
  const auto name = parse_session_name(user);
  require(name.lifetime >= net::Duration::zero(), "no session has ended before it began");
  require(user.starts_with(name.account), "the account stands first");
  require(!name.session.empty() || name.account == user, "without a session all of it is a name");
  require(name.session.empty() || !name.account.empty(), "a session is somebody's");
}

// Nobody is let in but kim, by her password, whatever stands around it.
void field(const Accounts& accounts, std::string_view text) {
  for (const auto& value :
       {std::string(text), "Basic " + std::string(text), "Basic " + http::encode_base64(text)}) {
    http::Fields fields;
    fields.add("Proxy-Authorization", value);
    const auto user = http::user_of(fields);
    if (!http::is_authorized(fields, accounts)) continue;
    require(parse_session_name(user).account == "kim", "it is kim");
    const auto credentials = http::decode_base64(value.substr(value.rfind(' ') + 1));
    require(credentials == user + ":secret", "it is her password");
  }
}

}  // namespace
}  // namespace dispatch::proxy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dispatch;
  static const auto accounts = [] {
    proxy::Accounts kim;
    kim.add("kim", "secret");
    return kim;
  }();
  const auto text = fuzz::text_of(data, size);
  proxy::base64(text);
  proxy::session(text);
  proxy::field(accounts, text);
  return fuzz::kDone;
}
