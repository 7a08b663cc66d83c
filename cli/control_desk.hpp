// What `dispatch start` lets people ask and change while it runs.
#pragma once

#include "cli/proxy_threads.hpp"
#include "cli/reload.hpp"
#include "cli/start_options.hpp"
#include "engine/control/controller.hpp"
#include "engine/control/web.hpp"
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

  // The dashboard's address with the token in it, which a browser keeps to itself; empty: none.
  std::string web_url() const;

 private:
  void open_web(const StartArguments& arguments);
  void open_socket(const std::string& asked);

  os::Runtime& runtime_;
  control::Controller controller_;
  net::ListenerPtr socket_;  // null: there is none
  net::ListenerPtr web_;     // null: there is none
  control::WebOptions web_options_;
  bool token_was_made_ = false;
};

}  // namespace dispatch::cli
