// What a request asks for (RFC 9112 3.2), and where that is.
#pragma once

#include "engine/proxy/http_head.hpp"
#include "engine/proxy/target.hpp"

#include <string>
#include <string_view>

namespace dispatch::proxy::http {

struct AbsoluteTarget {
  Target target;
  std::string authority;    // for Host
  std::string origin_form;  // path and query, for the request line
};

// absolute-form. Faults: 400 for a https URI (which takes CONNECT), for user information (RFC 9110
// 4.2.4), for a fragment; 501 for other schemes.
Checked<AbsoluteTarget> parse_absolute_form(std::string_view method, std::string_view text);

// authority-form, of CONNECT: a host and a port, neither of them optional.
Checked<Target> parse_authority_form(std::string_view text);

// RFC 9112 3.2: HTTP/1.1 requires Host; more than one, or one that is no host, is an error in any
// version. (What it says is not looked at: the request target is what counts, 3.2.2.) CONNECT
// without one is let pass: the target says it all, and many clients leave it out.
Checked<void> check_host(const RequestHead& head);

}  // namespace dispatch::proxy::http
