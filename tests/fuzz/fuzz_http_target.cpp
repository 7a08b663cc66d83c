// Any text as a request target: absolute-form and authority-form.
//
// Beyond not crashing: what is understood can be dialled and passed on: it has a host that can be
// logged, a port, and a path that brings nothing else into the request line.

#include "engine/proxy/http_target.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

namespace dispatch::proxy::http {
namespace {

using fuzz::require;

void check_target(const Target& target) {
  require(target.port != 0, "a target has a port");
  const auto* name = std::get_if<std::string>(&target.host);
  if (name == nullptr) return;
  require(!name->empty() && name->size() <= 255, "a name has a size");
  require(name->find_first_of(" \r\n/?#@:[]\"") == name->npos, "a name is one of a host");
}

void check_absolute(std::string_view text) {
  for (const auto* method : {"GET", "OPTIONS"}) {
    const auto to = parse_absolute_form(method, text);
    if (!to) {
      require(to.error().status >= 400 && !to.error().why.empty(), "a refusal says why");
      continue;
    }
    check_target(to->target);
    require(to->origin_form == "*" || to->origin_form.starts_with('/'), "a path");
    require(text.find(to->authority) != text.npos, "the authority is the client's");
    if (to->origin_form == "*") continue;
    const auto whole = "http://" + to->authority + to->origin_form;
    const auto again = parse_absolute_form(method, whole);
    require(again && again->target == to->target && again->origin_form == to->origin_form,
            "the same target");
  }
}

void check_authority(std::string_view text) {
  const auto target = parse_authority_form(text);
  if (!target) return;
  check_target(*target);
  const auto again = parse_authority_form(to_string(*target));
  require(again && *again == *target, "the same target");
}

}  // namespace
}  // namespace dispatch::proxy::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dispatch;
  const auto text = fuzz::text_of(data, size);
  proxy::http::check_absolute(text);
  proxy::http::check_authority(text);
  return fuzz::kDone;
}
