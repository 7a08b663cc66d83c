#include "sim/scenario/certificates.hpp"

#include "engine/tls/identity.hpp"

namespace dispatch::scenario {

std::shared_ptr<const tls::Context> Certificates::server(std::span<const std::string> names) {
  // Of the machine's time, which may go on for long while a world is looked at.
  constexpr auto kValidity = std::chrono::hours(24 * 365);
  const auto identity = tls::make_identity(names, kValidity);
  all_ += identity.certificate.text;
  return tls::Context::server(identity.certificate, identity.key, false);
}

std::shared_ptr<const tls::Context> Certificates::client() const {
  if (all_.empty()) return nullptr;
  return tls::Context::client({all_, "the certificates of the scenario"});
}

}  // namespace dispatch::scenario
