// Names to addresses.
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/async.hpp"
#include "engine/net/network.hpp"
#include "engine/net/time.hpp"

#include <string>
#include <vector>

namespace dispatch::net {

// Why a name has no address. (RFC 1035 4.1.1 for the server's words.)
enum class ResolveError {
  not_found = 1,   // NXDOMAIN: there is no such name
  no_data,         // the name exists, without an address of the families asked for
  server_failure,  // SERVFAIL, REFUSED, NOTIMP, or an answer that is not one
  timed_out,       // no server answered
  bad_name,        // not a name that DNS can carry (RFC 1035 2.3.4)
  unreachable,     // the servers cannot be reached at all
};

const boost::system::error_category& resolve_category();
inline Error make_error_code(ResolveError error) {
  return {static_cast<int>(error), resolve_category()};
}

struct ResolveQuery {
  std::string name;  // never an address literal
  bool v4 = true;
  bool v6 = true;
  Egress egress;  // the questions go out this way
};

struct ResolvedAddress {
  Address address;
  Duration ttl{};  // how long it may be kept

  friend bool operator==(const ResolvedAddress&, const ResolvedAddress&) = default;
};

class Resolver {
 public:
  virtual ~Resolver() = default;

  // All addresses of the name, at least one, in the order in which they should be tried.
  // Errors: ResolveError, operation_aborted.
  virtual Task<Result<std::vector<ResolvedAddress>>> resolve(ResolveQuery query) = 0;
};

}  // namespace dispatch::net

template <>
struct boost::system::is_error_code_enum<dispatch::net::ResolveError> : std::true_type {};
