// One connection to the coordinator: requests one after another, or a WebSocket.
#pragma once

#include "engine/fleet/api.hpp"
#include "engine/fleet/api_server.hpp"
#include "engine/net/stream.hpp"
#include "engine/proxy/http_reader.hpp"

namespace dispatch::fleet {

net::Task<void> serve_api_session(Coordinator& coordinator, const std::vector<StaticPage>& pages,
                                  net::StreamPtr stream);

// Ends when the client has closed its connection, or it broke; what it sends before is buffered.
net::Task<void> until_gone(proxy::http::Reader& reader, net::Clock& clock);

// POST /api/execute/batch: the answer, as events. False: the connection is of no more use.
net::Task<bool> serve_batch(Coordinator& coordinator, const ApiCall& call,
                            proxy::http::Reader& reader, net::Stream& stream);

// /ws/monitor, to its end.
net::Task<void> serve_monitor(Coordinator& coordinator, WebSocket& socket);

net::Task<net::Status> write_reply(net::Stream& stream, net::Clock& clock, const ApiReply& reply,
                                   bool without_body, bool close);

}  // namespace dispatch::fleet
