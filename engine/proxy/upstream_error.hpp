// What can go wrong between here and an upstream proxy: the link's own failures, not the target's.
#pragma once

#include "engine/net/async.hpp"

namespace dispatch::proxy {

enum class UpstreamError {
  unreachable = 1,  // no connection to the proxy; equivalent to network_unreachable
  silent,           // nothing came in time; equivalent to timed_out
  closed,           // it ended the connection within the handshake
  not_a_proxy,      // what came is no answer of its protocol
  not_authorized,   // the credentials were refused, or are needed
  refused,          // it does not serve this target; equivalent to permission_denied
  failed,           // it could not reach the target and does not say why
};

const boost::system::error_category& upstream_category();
inline net::Error make_error_code(UpstreamError error) {
  return {static_cast<int>(error), upstream_category()};
}

// The same, of TLS with it. `error` is of tls::Stream::connect.
net::Error error_of_tls(const net::Error& error);
// Whether it is that the proxy's certificate is not believed.
bool is_untrusted(const net::Error& error);

}  // namespace dispatch::proxy

template <>
struct boost::system::is_error_code_enum<dispatch::proxy::UpstreamError> : std::true_type {};
