// An HTTP/1.1 server that remembers what it was asked, each by its name: a target for fleets, whose
// word on what was executed, and how often, stands beside that of the coordinator.
#pragma once

#include "engine/net/runtime.hpp"
#include "engine/net/task_group.hpp"

#include <cstdint>
#include <list>
#include <map>
#include <string>

namespace dispatch::traffic {

// Any method, at any path: its last segment is the name. The query says how it goes:
//   wait=MS     the answer is that much later
//   drop        no answer: the connection is reset
//   to=PATH     302 to there
//   bytes=N     a body of so many bytes, in place of the name
class Ledger {
 public:
  explicit Ledger(net::Runtime& runtime);

  net::Result<net::Endpoint> listen(const net::Endpoint& local);
  void start();
  net::Task<void> stop();

  struct Entry {
    std::uint64_t times = 0;
    std::string method;
    std::string body;                          // of the last one
    std::map<net::Address, std::uint64_t> by;  // source addresses
  };
  const std::map<std::string, Entry>& entries() const { return entries_; }
  const std::map<net::Address, std::uint64_t>& sources() const { return sources_; }
  std::uint64_t requests() const { return requests_; }
  std::uint64_t connections() const { return connections_; }

 private:
  net::Task<void> serve(net::StreamPtr stream);

  net::Runtime& runtime_;
  std::map<std::string, Entry> entries_;
  std::map<net::Address, std::uint64_t> sources_;
  std::uint64_t requests_ = 0;
  std::uint64_t connections_ = 0;
  std::list<net::ListenerPtr> listeners_;
  net::TaskGroup tasks_;
};

}  // namespace dispatch::traffic
