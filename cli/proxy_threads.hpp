// The proxy, on the program's event loop and on threads beside it.
#pragma once

#include "engine/os/runtime.hpp"
#include "engine/os/worker.hpp"
#include "engine/proxy/server.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace dispatch::cli {

class ProxyThreads {
 public:
  // The listeners are opened with `first`, which runs on `runtime`. All outlive this.
  ProxyThreads(os::Runtime& runtime, proxy::Server& first, net::Log& log,
               os::ResolverOptions resolver);
  ~ProxyThreads();

  // Begins to accept, on `count` threads in all; the caller then runs `runtime`.
  void start(std::size_t count);

  // As Server::view, of each.
  net::Task<std::vector<proxy::ServerView>> look(std::size_t connections_max);

  // As Server::renew, of all.
  void renew(const proxy::Renewal& renewal);

  // As Server::stop, of all.
  net::Task<void> stop(net::Duration drain);
  // Ends what a stop waits for.
  void reset_all();

  // Once all have stopped. Throws what has escaped on a thread.
  void join();

  // Connections of clients now.
  std::uint64_t live() const { return first_.counters().live; }
  // Of all, once they have been joined.
  proxy::ServerCounters counters() const;

 private:
  struct Thread;

  os::Runtime& runtime_;
  proxy::Server& first_;
  net::Log& log_;
  os::ResolverOptions resolver_;
  std::vector<std::unique_ptr<Thread>> threads_;
};

}  // namespace dispatch::cli
