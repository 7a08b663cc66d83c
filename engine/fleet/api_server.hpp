// The coordinator on the wire: HTTP/1.1 for callers, WebSockets for agents and monitors.
#pragma once

#include "engine/fleet/coordinator.hpp"
#include "engine/net/network.hpp"
#include "engine/net/task_group.hpp"
#include "engine/tls/context.hpp"

#include <list>
#include <memory>

namespace dispatch::fleet {

// A page, or another file, that is served beside the interface; for everybody, as it has no
// secrets.
struct StaticPage {
  std::string path;  // "/"
  std::string type;
  std::string body;
};

class ApiServer {
 public:
  // `coordinator` outlives it.
  explicit ApiServer(Coordinator& coordinator);

  // Errors: as of Network::listen.
  net::Result<net::Endpoint> listen(const net::Endpoint& local,
                                    std::shared_ptr<const tls::Context> tls);
  void add_page(StaticPage page) { pages_.push_back(std::move(page)); }
  void start();
  // No connection is taken any more, agents are told to go, and all ends.
  net::Task<void> stop();

  std::size_t connections() const { return tasks_.size(); }

 private:
  struct Listening {
    net::ListenerPtr listener;
    std::shared_ptr<const tls::Context> tls;
  };

  net::Task<void> serve(net::StreamPtr stream, std::shared_ptr<const tls::Context> tls);

  Coordinator& coordinator_;
  std::list<Listening> listeners_;
  std::vector<StaticPage> pages_;
  net::TaskGroup tasks_;
};

}  // namespace dispatch::fleet
