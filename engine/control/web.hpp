// The dashboard: a page that shows the links and switches them, figures for it as JSON, and metrics
// for Prometheus.
//
//     GET /                  the page
//     GET /api/status        as of the control socket (request.hpp), and so are
//     GET /api/history
//     GET /api/connections
//     GET /metrics           metrics.hpp
//     POST /api/do           a request of the control socket, which may change something
//
// Who posts shows the token (Authorization: Bearer TOKEN); where other machines can reach the page,
// so does everyone who asks for figures. A page of another site can do neither: it does not know
// the token, and it is not answered where the name in Host is a name (DNS rebinding).
#pragma once

#include "engine/control/controller.hpp"
#include "engine/net/network.hpp"

#include <string>

namespace dispatch::control {

struct WebOptions {
  std::string token;
  bool token_to_read = false;  // not only to change something
};

// 128 bits of chance, as hexadecimal digits.
std::string make_token(net::Entropy& entropy);

// Until it is cancelled.
net::Task<void> serve_web(Controller& controller, net::Listener& listener, WebOptions options);

}  // namespace dispatch::control
