#include "sim/host/dns_behaviour.hpp"

namespace dispatch::sim {

std::string_view to_string(DnsFault fault) {
  switch (fault) {
    case DnsFault::none:
      return "answer";
    case DnsFault::servfail:
      return "SERVFAIL";
    case DnsFault::nxdomain:
      return "NXDOMAIN";
    case DnsFault::refused:
      return "refused";
    case DnsFault::silent:
      return "silent";
    case DnsFault::truncated:
      return "truncated";
    case DnsFault::truncated_without_tcp:
      return "truncated_without_tcp";
    case DnsFault::only_a:
      return "only_a";
    case DnsFault::only_aaaa:
      return "only_aaaa";
  }
  return "?";
}

}  // namespace dispatch::sim
