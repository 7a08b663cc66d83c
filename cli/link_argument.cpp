#include "cli/link_argument.hpp"

#include "cli/text_file.hpp"
#include "engine/tls/context.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace dispatch::cli {
namespace {

std::shared_ptr<const tls::Context> believed_of(const link::LinkSpec& spec) {
  if (spec.insecure) return tls::Context::client_of_anyone();
  if (spec.ca_file.empty()) return tls::Context::client_of_system();
  return tls::Context::client({read_text_file(spec.ca_file), spec.ca_file});
}

}  // namespace

link::LinkSpec link_argument(const std::string& text) {
  auto spec = link::parse_link_spec(text);
  if (!spec.password_file.empty()) {
    auto password = read_text_file(spec.password_file);
    warn_of_other_readers(spec.password_file, "a password");
    password.resize(std::min(password.size(), password.find_first_of("\r\n")));
    if (password.empty()) throw net::ConfigError(spec.password_file + ": no password in it");
    spec.upstream->credentials->password = std::move(password);
  } else if (!spec.password_variable.empty()) {
    const auto* password = std::getenv(spec.password_variable.c_str());
    if (password == nullptr || *password == '\0') {
      throw net::ConfigError(
          fmt::format("{}: ${} is not set", spec.target, spec.password_variable));
    }
    spec.upstream->credentials->password = password;
  }
  if (spec.upstream && spec.upstream->protocol == link::UpstreamProtocol::https) {
    spec.upstream->tls = believed_of(spec);
  }
  return spec;
}

}  // namespace dispatch::cli
