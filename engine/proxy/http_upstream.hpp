// A connection to an origin server, for one request after the other.
#pragma once

#include "engine/proxy/connection.hpp"
#include "engine/proxy/http_reader.hpp"

#include <boost/system/errc.hpp>

#include <utility>

namespace dispatch::proxy::http {

class Upstream final : public Connection {
 public:
  Upstream(Peer client, Target target, Dialed dialed, net::TimePoint now)
      : Connection(std::move(client), std::move(target), std::move(dialed), now),
        reader(target_stream(), &received(), &paces().received) {}

  // Between two exchanges the client may take its time.
  net::Duration silence_max(const SilenceLimits& limits) const override {
    return is_in_exchange ? limits.idle : net::Duration::zero();
  }
  void end(const net::Error& why) override {
    ended_for = why;
    target_stream().abort();
    net::release(paces().sent);
    net::release(paces().received);
    const bool goes_on = is_resumable && why != boost::system::errc::timed_out;
    if (answered != nullptr && !goes_on) answered->abort();
  }

  // What is safe to say twice and has no answer yet is asked of another link, and so is the rest of
  // an answer, where the server lets that be asked for.
  void link_is_down() override {
    if (may_leave()) target_stream().abort();
  }
  bool may_leave() { return !is_in_exchange || is_resumable || (is_repeatable && !is_answered); }

  Reader reader;
  bool was_used = false;  // a request has gone through before
  bool is_in_exchange = false;
  bool is_repeatable = false;  // the request that is under way
  bool is_resumable = false;   // its answer: another link may bring the rest
  bool is_answered = false;    // it, by the head of a response at least
  net::Error ended_for;        // by end()
  // The client's stream, once a part of the answer is on its way there: it is too late to tell it
  // anything else, and it may be the one that takes no more.
  net::Stream* answered = nullptr;
};

}  // namespace dispatch::proxy::http
