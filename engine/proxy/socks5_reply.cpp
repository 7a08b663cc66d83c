#include "engine/net/resolver.hpp"
#include "engine/proxy/socks5.hpp"

#include <boost/system/errc.hpp>

namespace dispatch::proxy::socks5 {

Reply reply_for(const net::Error& error) {
  namespace errc = boost::system::errc;
  if (!error) return Reply::succeeded;
  // A name that has no address, or whose servers are silent, is a host that cannot be reached.
  if (error.category() == net::resolve_category()) {
    return error == net::ResolveError::unreachable ? Reply::network_unreachable
                                                   : Reply::host_unreachable;
  }
  if (error == errc::connection_refused) return Reply::connection_refused;
  if (error == errc::network_unreachable || error == errc::network_down) {
    return Reply::network_unreachable;
  }
  // RFC 1928 has no code for a time-out. TTL expired would say that a packet died on its way.
  if (error == errc::host_unreachable || error == errc::timed_out) return Reply::host_unreachable;
  if (error == errc::operation_not_supported) return Reply::command_not_supported;
  if (error == errc::address_family_not_supported) return Reply::address_type_not_supported;
  if (error == errc::operation_not_permitted || error == errc::permission_denied) {
    return Reply::not_allowed;
  }
  return Reply::general_failure;
}

}  // namespace dispatch::proxy::socks5
