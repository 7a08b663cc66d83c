#include "engine/proxy/dial_error.hpp"

#include "engine/net/resolver.hpp"

#include <boost/system/errc.hpp>

namespace dispatch::proxy {
namespace {

namespace errc = boost::system::errc;
using net::Error;
using net::ResolveError;

int rank_of_resolving(ResolveError error) {
  switch (error) {
    case ResolveError::not_found:
    case ResolveError::bad_name:
      return 9;
    case ResolveError::server_failure:
      return 4;
    case ResolveError::timed_out:
      return 3;
    case ResolveError::unreachable:
      return 2;
    case ResolveError::no_data:
      return 1;
  }
  return 0;
}

int rank(const Error& error) {
  if (error.category() == net::resolve_category()) {
    return rank_of_resolving(static_cast<ResolveError>(error.value()));
  }
  if (is_exhaustion(error)) return 11;
  if (is_the_targets_answer(error)) return 10;
  if (error == errc::timed_out) return 8;
  if (error == errc::host_unreachable) return 7;
  if (error == errc::network_unreachable || error == errc::network_down) return 6;
  if (error == errc::address_family_not_supported) return 0;
  return 5;
}

}  // namespace

bool is_the_targets_answer(const Error& error) {
  return error == errc::connection_refused || error == errc::connection_reset;
}

bool is_exhaustion(const Error& error) {
  return error == errc::too_many_files_open || error == errc::too_many_files_open_in_system ||
         error == errc::no_buffer_space || error == errc::not_enough_memory;
}

std::string explain(const Error& error) {
  if (error == errc::address_family_not_supported) return "no link has an address of its family";
  return error.message();
}

void MostTelling::add(const Error& error) {
  if (!error_ || rank(error) > rank(error_)) error_ = error;
}

Error MostTelling::error() const {
  return error_ ? error_ : Error(errc::make_error_code(errc::address_family_not_supported));
}

}  // namespace dispatch::proxy
