// What `dispatch start` lets people ask and change while it runs.
#pragma once

#include "cli/proxy_threads.hpp"
#include "cli/reload.hpp"
#include "cli/start_options.hpp"
#include "engine/control/controller.hpp"
#include "engine/net/task_group.hpp"
#include "engine/os/runtime.hpp"

namespace dispatch::cli {

class ControlDesk {
 public:
  // All outlive this. Throws RuntimeError where the socket that was asked for cannot be; without
  // the one that nobody asked for it does, and the log says so.
  ControlDesk(os::Runtime& runtime, link::LinkSet& links, ProxyThreads& proxy, Reload& reload,
              const StartArguments& arguments);

  // Its tasks end when `tasks` is cancelled.
  void start(net::TaskGroup& tasks);

  control::Controller& controller() { return controller_; }

 private:
  void open_socket(const std::string& asked);

  os::Runtime& runtime_;
  control::Controller controller_;
  net::ListenerPtr socket_;  // null: there is none
};

}  // namespace dispatch::cli
