#include "cli/proxy_threads.hpp"

#include "engine/net/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace dispatch::cli {

namespace asio = net::asio;

struct ProxyThreads::Thread {
  Thread(net::Log& log, const os::ResolverOptions& resolver, proxy::Server& first)
      : worker(log, {resolver, nullptr}), server(worker.runtime(), first) {}

  os::Worker worker;
  proxy::Server server;
};

namespace {

// Runs on the worker's loop, and cannot be cancelled from this one.
net::Task<void> stop_there(os::Worker& worker, proxy::Server& server, net::Duration drain) {
  auto stop = server.stop(drain);
  auto token = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
  co_await asio::co_spawn(worker.runtime().executor(), std::move(stop), token);
}

net::Task<proxy::ServerView> view_of(const proxy::Server& server, std::size_t connections_max) {
  co_return server.view(connections_max);
}

}  // namespace

ProxyThreads::ProxyThreads(os::Runtime& runtime, proxy::Server& first, net::Log& log,
                           os::ResolverOptions resolver)
    : runtime_(runtime), first_(first), log_(log), resolver_(std::move(resolver)) {}

// The loops first: none runs while a server goes.
ProxyThreads::~ProxyThreads() {
  for (const auto& thread : threads_) thread->worker.stop();
}

void ProxyThreads::start(std::size_t count) {
  while (threads_.size() + 1 < count) {
    threads_.push_back(std::make_unique<Thread>(log_, resolver_, first_));
  }
  first_.start();
  for (const auto& thread : threads_) {
    thread->server.start();
    thread->worker.start([this] { runtime_.stop(); });
  }
}

// All have the same links, so what the first takes the others take.
void ProxyThreads::renew(const proxy::Renewal& renewal) {
  first_.renew(renewal);
  for (const auto& thread : threads_) {
    asio::post(thread->worker.runtime().executor(),
               [server = &thread->server, renewal] { server->renew(renewal); });
  }
}

net::Task<void> ProxyThreads::stop(net::Duration drain) {
  net::TaskGroup stopping(runtime_.executor(), nullptr);
  stopping.spawn(first_.stop(drain));
  for (const auto& thread : threads_) {
    stopping.spawn(stop_there(thread->worker, thread->server, drain));
  }
  co_await stopping.idle();
}

net::Task<std::vector<proxy::ServerView>> ProxyThreads::look(std::size_t connections_max) {
  std::vector<proxy::ServerView> views;
  views.push_back(first_.view(connections_max));
  for (const auto& thread : threads_) {
    auto view = view_of(thread->server, connections_max);
    auto token = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
    auto got = co_await asio::co_spawn(thread->worker.runtime().executor(), std::move(view), token);
    views.push_back(std::move(got));
  }
  co_return views;
}

void ProxyThreads::reset_all() {
  first_.reset_all();
  for (const auto& thread : threads_) {
    asio::post(thread->worker.runtime().executor(),
               [server = &thread->server] { server->reset_all(); });
  }
}

void ProxyThreads::join() {
  for (const auto& thread : threads_) thread->worker.join();
}

proxy::ServerCounters ProxyThreads::counters() const {
  auto all = first_.counters();
  for (const auto& thread : threads_) {
    const auto counters = thread->server.counters();
    all.accepted += counters.accepted;
    all.refused += counters.refused;
    all.turned_away += counters.turned_away;
  }
  return all;
}

}  // namespace dispatch::cli
