// An HTTP/1.1 origin server for experiments: downloads of any size, uploads, and a count of who
// came.
#pragma once

#include "engine/net/runtime.hpp"
#include "engine/net/task_group.hpp"
#include "engine/traffic/pattern.hpp"

#include <cstdint>
#include <list>
#include <map>

namespace dispatch::traffic {

// What came from one source address, as the origin saw it.
struct OriginTally {
  std::uint64_t connections = 0;
  std::uint64_t requests = 0;
  std::uint64_t bytes_sent = 0;      // of response bodies
  std::uint64_t bytes_received = 0;  // of request bodies
};

//   GET  /bytes/N    N bytes of the pattern of pattern.hpp, with key N; through an HTTP proxy (Via)
//                    with an entity tag, and then also the rest of them: Range: bytes=M-
//   POST /upload     reads the body, checks it against the pattern, answers with its length
//   GET  /           a line of text
//   GET  /whoami     the client's address as this server sees it
// Persistent connections, HEAD, 400/404/405 where they are due.
class Origin {
 public:
  // Clients' bodies are of the same content.
  explicit Origin(net::Runtime& runtime, Content content = Content::checked);

  // With `behind_proxy`, each connection begins with a header of the PROXY protocol.
  net::Result<net::Endpoint> listen(const net::Endpoint& local, bool behind_proxy = false);
  void start();
  // Stops accepting and resets what is open.
  net::Task<void> stop();

  const std::map<net::Address, OriginTally>& tallies() const { return tallies_; }

 private:
  struct Listening {
    net::ListenerPtr listener;
    bool behind_proxy;
  };

  net::Task<void> serve(net::StreamPtr stream, bool behind_proxy);

  net::Runtime& runtime_;
  Content content_;
  std::map<net::Address, OriginTally> tallies_;
  std::list<Listening> listeners_;
  net::TaskGroup tasks_;
};

}  // namespace dispatch::traffic
