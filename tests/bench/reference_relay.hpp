// The bare relay that proxies are measured against: one thread, one epoll, splice through 1 MiB
// pipes that are held only while they hold bytes. It serves SOCKS5 as the benchmark's clients speak
// it (each message in one piece, IPv4, to loopback) and has none of what a proxy needs beside that:
// no limits, no timers, no log, no second try.
#pragma once

#include "tests/bench/bench_socket.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <sys/epoll.h>
#include <vector>

namespace dispatch::bench {

class ReferenceRelay {
 public:
  explicit ReferenceRelay(std::uint16_t port);
  ~ReferenceRelay();
  [[noreturn]] void run();

 private:
  struct Pipe {
    int read = -1;
    int write = -1;
  };
  struct Direction {
    Pipe pipe;
    std::size_t held = 0;  // in the pipe
    bool ended = false;
  };
  enum class State : std::uint8_t { greeting, request, connecting, relaying, association };
  struct Connection;

  void accept();
  void advance(Connection& connection);
  bool greet(Connection& connection);
  bool take_request(Connection& connection);
  bool finish_connect(Connection& connection);
  bool relay(Connection& connection);
  bool pump(Direction& direction, int from, int to, std::size_t& budget);
  void watch(int descriptor, Connection& connection, unsigned events);
  void end(Connection& connection);
  Pipe take_pipe();
  void give_back(Pipe& pipe);

  Socket listener_;
  int epoll_;
  std::vector<Pipe> pipes_;
  std::deque<Connection*> again_;                   // have more to do than one turn allows
  std::vector<std::unique_ptr<Connection>> ended_;  // whose last events may still come
};

// Datagrams of one association: SOCKS5's header taken off, sent on in the pieces in which they came
// (UDP_GRO, UDP_SEGMENT). One way.
class ReferenceDatagrams {
 public:
  ReferenceDatagrams();
  std::uint16_t port() const { return port_of(client_); }
  int descriptor() const { return client_.get(); }
  // Moves what has come.
  void move();

 private:
  struct Batch;

  Socket client_;
  Socket outlet_;
  std::unique_ptr<Batch> batch_;

 public:
  ~ReferenceDatagrams();
};

}  // namespace dispatch::bench
