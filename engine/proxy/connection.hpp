// A connection to a target on a client's behalf, as the proxy keeps it in view.
#pragma once

#include "engine/link/link.hpp"
#include "engine/net/byte_counter.hpp"
#include "engine/net/stream.hpp"
#include "engine/proxy/dialer.hpp"
#include "engine/proxy/peer.hpp"
#include "engine/proxy/shaper.hpp"
#include "engine/proxy/target.hpp"

#include <boost/intrusive/list_hook.hpp>

#include <cstdint>
#include <utility>

namespace dispatch::proxy {

// How long a connection may go without a byte; 0: for ever.
struct SilenceLimits {
  net::Duration idle{};  // as long as both sides may speak
  // Once one side has ended its stream. Most wait then for the rest of an answer, and some forget.
  net::Duration half_open = std::chrono::minutes(5);
};

using ConnectionHook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

// Listed in a ConnectionTable for as long as it lives.
class Connection : public ConnectionHook {
 public:
  Connection(Peer client, Target target, Dialed dialed, net::TimePoint now)
      : client_(std::move(client)),
        target_(std::move(target)),
        dialed_(std::move(dialed)),
        began_(now),
        active_(now),
        sent_(&link().counters().sent),
        received_(&link().counters().received) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection() = default;

  const Peer& client() const { return client_; }
  const Target& target() const { return target_; }
  link::Link& link() const { return dialed_.use.link(); }
  net::TimePoint began() const { return began_; }
  net::ByteCounter& sent() { return sent_; }  // to the target
  net::ByteCounter& received() { return received_; }
  // Bound by the ConnectionTable.
  Paces& paces() { return paces_; }
  net::Meter sent_meter() { return {sent_, &paces_.sent}; }
  net::Meter received_meter() { return {received_, &paces_.received}; }
  const net::ByteCounter& sent() const { return sent_; }
  const net::ByteCounter& received() const { return received_; }
  net::Stream& target_stream() { return *dialed_.stream; }
  Dialed& dialed() { return dialed_; }

  // Of these limits, the one that holds now.
  virtual net::Duration silence_max(const SilenceLimits& limits) const = 0;

  // Its link is down, and another one is not: said again and again. Who can go another way does.
  virtual void link_is_down() {}

  // What is remembered of it for the sake of its link (DeadLinks).
  struct Watched {
    net::TimePoint since{};   // of the last progress, while its link is in doubt
    std::uint64_t bytes = 0;  // both ways, at that time
    std::uint64_t sent = 0;   // when it was looked at last
    std::uint64_t received = 0;
    std::uint8_t flowing = 0;  // looks in a row that have found it receiving
    bool doubted = false;
    bool was_idle = false;
    bool awaits_acks = false;
    bool stall_told = false;
  };
  Watched& watched() { return watched_; }

  // Ends it, for both sides, for that reason. It may still live for a moment.
  virtual void end(const net::Error& why) = 0;

 protected:
  // The silence begins anew.
  void is_active(net::TimePoint now) { active_ = now; }

 private:
  friend class ConnectionTable;

  Peer client_;
  Target target_;
  Dialed dialed_;
  net::TimePoint began_;
  net::TimePoint active_;         // when bytes were last seen to have passed
  std::uint64_t bytes_seen_ = 0;  // both ways, at that time
  Watched watched_;
  Paces paces_;
  net::ByteCounter sent_;
  net::ByteCounter received_;
};

}  // namespace dispatch::proxy
