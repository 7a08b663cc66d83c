// Which of several failures the client is told.
#pragma once

#include "engine/net/async.hpp"

#include <string>

namespace dispatch::proxy {

// The target itself has answered, with a no: it would say the same through every link.
bool is_the_targets_answer(const net::Error& error);

// This host has no descriptors or memory left: no link is to blame, and none can help.
bool is_exhaustion(const net::Error& error);

// As clients and the log are told of it.
std::string explain(const net::Error& error);

// Keeps the most telling failure: exhaustion of this host, the target's own answer (refused,
// reset), no such name, no answer in time, host unreachable, network unreachable, other failures of
// sockets (the link's address or device is gone), and then what kept the name from being
// resolved: the server's failure, its silence, its being out of reach, no address of a usable
// family. Of two that tell as much, the first.
class MostTelling {
 public:
  void add(const net::Error& error);

  // address_family_not_supported where there was none.
  net::Error error() const;

 private:
  net::Error error_;
};

}  // namespace dispatch::proxy
