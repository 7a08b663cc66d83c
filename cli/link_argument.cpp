#include "cli/link_argument.hpp"

#include "cli/text_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace dispatch::cli {

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
  return spec;
}

}  // namespace dispatch::cli
