// The way to a coordinator, for those who ask it: agents and monitors.
#pragma once

#include "engine/fleet/target_url.hpp"
#include "engine/net/runtime.hpp"
#include "engine/net/stream.hpp"
#include "engine/proxy/http_head.hpp"
#include "engine/proxy/http_reader.hpp"
#include "engine/tls/context.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace dispatch::fleet {

// Tries the addresses of its name one after the other, in equal parts of the time that is left; an
// https one also has the handshake. Errors: the last address's, the resolver's, TLS's.
net::Task<net::Result<net::StreamPtr>> connect_to_coordinator(
    net::Runtime& runtime, const TargetUrl& coordinator, std::shared_ptr<const tls::Context> tls,
    net::TimePoint deadline);

// Where it stands below the coordinator's URL, which may have a path of its own: "/api/stats".
std::string path_at(const TargetUrl& coordinator, std::string_view path);

// A segment of a path, or a value of a query.
std::string percent_encoded(std::string_view text);

// A request to it, without the content's own fields.
proxy::http::RequestHead coordinator_request(const TargetUrl& coordinator, std::string_view method,
                                             std::string_view path, const std::string& token);
void show_token(proxy::http::RequestHead& head, const std::string& token);

struct CoordinatorAnswer {
  proxy::http::ResponseHead head;  // 101: what follows is no body
  std::string body;
  std::string failure;  // why there is none; empty: there is one

  // "401 the token is missing or wrong": of an answer other than 200 and 101.
  std::string refusal() const;
};

// Sends it, with `content` as JSON if there is any, and reads the answer.
net::Task<CoordinatorAnswer> ask_coordinator(net::Stream& stream, proxy::http::Reader& reader,
                                             proxy::http::RequestHead head, std::string content,
                                             std::size_t answer_max, net::TimePoint deadline);

}  // namespace dispatch::fleet
