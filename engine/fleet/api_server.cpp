#include "engine/fleet/api_server.hpp"

#include "engine/fleet/api.hpp"
#include "engine/fleet/api_session.hpp"
#include "engine/net/accept_loop.hpp"
#include "engine/net/deadline.hpp"
#include "engine/tls/stream.hpp"

namespace dispatch::fleet {
namespace {

constexpr net::Duration kHandshakeTimeout = std::chrono::seconds(30);

}  // namespace

ApiServer::ApiServer(Coordinator& coordinator)
    : coordinator_(coordinator),
      tasks_(coordinator.runtime().executor(), [&coordinator](std::exception_ptr exception) {
        try {
          std::rethrow_exception(exception);
        } catch (const std::exception& error) {
          coordinator.runtime().log().error("internal error: {}", error.what());
        }
      }) {}

net::Result<net::Endpoint> ApiServer::listen(const net::Endpoint& local,
                                             std::shared_ptr<const tls::Context> tls) {
  net::ListenOptions options;
  options.backlog = 4096;
  auto listener = coordinator_.runtime().network().listen(local, options);
  if (!listener) return listener.error();
  listeners_.push_back({std::move(*listener), std::move(tls)});
  return listeners_.back().listener->local_endpoint();
}

void ApiServer::start() {
  for (auto& each : listeners_) {
    tasks_.spawn(net::accept_loop(coordinator_.runtime(), *each.listener,
                                  [this, tls = each.tls](net::StreamPtr stream) {
                                    // Whoever is too many learns it at once.
                                    if (tasks_.size() > coordinator_.options().clients_max)
                                      return stream->abort();
                                    tasks_.spawn(serve(std::move(stream), tls));
                                  }));
  }
}

net::Task<void> ApiServer::serve(net::StreamPtr stream, std::shared_ptr<const tls::Context> tls) {
  auto& runtime = coordinator_.runtime();
  if (tls) {
    const auto deadline = runtime.clock().now() + kHandshakeTimeout;
    auto handshake = tls::Stream::accept(runtime, std::move(tls), std::move(stream), {});
    auto secured = co_await net::with_deadline(runtime.clock(), deadline, std::move(handshake));
    if (!secured) {
      runtime.log().debug("a client's TLS handshake failed: {}", secured.error().message());
      co_return;
    }
    stream = std::move(*secured);
  }
  co_await serve_api_session(coordinator_, pages_, std::move(stream));
}

net::Task<void> ApiServer::stop() {
  for (auto& each : listeners_) each.listener->close();
  tasks_.cancel();
  (void)co_await tasks_.idle();
  listeners_.clear();
}

}  // namespace dispatch::fleet
