#include "engine/proxy/session_name.hpp"

#include "engine/units/quantity.hpp"

namespace dispatch::proxy {
namespace {

constexpr std::string_view kSession = "-session-";
constexpr std::string_view kLifetime = "-lifetime-";

// 0: it is not one.
net::Duration lifetime_of(std::string_view text) {
  try {
    return units::parse_duration(text);
  } catch (const units::UnitError&) {
    return {};
  }
}

}  // namespace

SessionName parse_session_name(std::string_view user) {
  const auto at = user.find(kSession);
  if (at == std::string_view::npos || at == 0) return {user, {}, {}};
  SessionName name{user.substr(0, at), user.substr(at + kSession.size()), {}};
  if (const auto mark = name.session.rfind(kLifetime); mark != std::string_view::npos) {
    name.lifetime = lifetime_of(name.session.substr(mark + kLifetime.size()));
    if (name.lifetime == net::Duration::zero()) return {user, {}, {}};
    name.session = name.session.substr(0, mark);
  }
  if (name.session.empty()) return {user, {}, {}};
  return name;
}

bool accepts(const Accounts& accounts, std::string_view user, std::string_view password) {
  if (accounts.empty() || accounts.accepts(user, password)) return true;
  const auto name = parse_session_name(user);
  return !name.session.empty() && accounts.accepts(name.account, password);
}

}  // namespace dispatch::proxy
