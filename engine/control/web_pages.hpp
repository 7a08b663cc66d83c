// A small web server: whole requests in, answers out.
#pragma once

#include "engine/net/runtime.hpp"
#include "engine/proxy/http_answer.hpp"
#include "engine/proxy/http_head.hpp"

#include <functional>
#include <string>

namespace dispatch::control {

struct WebRequest {
  proxy::http::RequestHead head;
  std::string body;
};

using Respond = std::function<net::Task<proxy::http::Answer>(const WebRequest& request)>;

// One that is right, of this type.
proxy::http::Answer page_of(std::string type, std::string body);

// Until it is cancelled. What cannot be read is answered without asking.
net::Task<void> serve_pages(net::Runtime& runtime, net::Listener& listener, Respond respond);

}  // namespace dispatch::control
