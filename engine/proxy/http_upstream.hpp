// A connection to an origin server, for one request after the other.
#pragma once

#include "engine/net/byte_counter.hpp"
#include "engine/proxy/dialer.hpp"
#include "engine/proxy/http_reader.hpp"
#include "engine/proxy/target.hpp"

#include <utility>

namespace dispatch::proxy::http {

// What passes is counted as its link's. Stays where it is: its parts refer to each other.
struct Upstream {
  Upstream(Target where, Dialed connection)
      : target(std::move(where)),
        dialed(std::move(connection)),
        sent(&dialed.use.link().counters().sent),
        received(&dialed.use.link().counters().received),
        reader(*dialed.stream, &received) {}
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;

  net::Stream& stream() { return *dialed.stream; }

  Target target;
  Dialed dialed;
  net::ByteCounter sent;
  net::ByteCounter received;
  Reader reader;
  bool was_used = false;  // a request has gone through before
};

}  // namespace dispatch::proxy::http
