#include "engine/proxy/registered_domain.hpp"

#include <algorithm>
#include <libpsl.h>

namespace dispatch::proxy {

std::string registered_domain(std::string_view name) {
  std::string lower(name.ends_with('.') ? name.substr(0, name.size() - 1) : name);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const auto* list = psl_builtin();
  const auto* domain = list == nullptr ? nullptr : psl_registrable_domain(list, lower.c_str());
  return domain == nullptr ? lower : domain;
}

}  // namespace dispatch::proxy
