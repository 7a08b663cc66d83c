// The monitor's side of a coordinator: follows its feed (/ws/monitor), and asks its REST interface.
// The feed is one connection, which is made anew when it has ended; each call has its own.
#pragma once

#include "engine/fleet/coordinator_access.hpp"
#include "engine/fleet/websocket.hpp"
#include "engine/net/condition.hpp"
#include "engine/net/runtime.hpp"

#include <functional>
#include <memory>
#include <string>

namespace dispatch::fleet {

struct MonitorOptions {
  TargetUrl coordinator;
  std::string token;                                      // empty: none is shown
  std::shared_ptr<const tls::Context> tls;                // of an https coordinator
  net::Duration reconnect_max = std::chrono::seconds(4);  // between two attempts
  net::Duration connect_timeout = std::chrono::seconds(10);
  WebSocketLimits socket;
};

// What the feed does. All three are called on the event loop.
struct MonitorEvents {
  std::function<void()> connected;
  std::function<void(std::string)> heard;  // a message: the first one is a snapshot
  // It has ended, or did not come to be; it is tried again after `pause`.
  std::function<void(const std::string& why, net::Duration pause)> lost;
};

class MonitorClient {
 public:
  // `options` outlive it.
  MonitorClient(net::Runtime& runtime, const MonitorOptions& options, MonitorEvents events);

  // Follows the feed until it is cancelled, with a back-off between attempts (BackOff).
  net::Task<void> run();
  // Ends a pause between two attempts.
  void try_now() { wanted_.notify_all(); }

  // One request on a connection of its own; `content` is JSON, empty: none. Cancelled, it closes
  // that connection, and the coordinator cancels what was asked for.
  net::Task<CoordinatorAnswer> call(std::string method, std::string path, std::string content,
                                    net::Duration timeout);

 private:
  net::Task<std::string> follow(bool& was_connected);
  net::Task<std::string> listen(WebSocket& socket);

  net::Runtime& runtime_;
  const MonitorOptions& options_;
  MonitorEvents events_;
  net::Condition wanted_;
};

}  // namespace dispatch::fleet
