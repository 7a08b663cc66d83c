// The beginning of a tunnel, until its target has answered.
#pragma once

#include "engine/proxy/client.hpp"
#include "engine/proxy/octets.hpp"

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/list_hook.hpp>

#include <memory>
#include <span>

namespace dispatch::proxy {

using FlightHook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

// Remembers what the client says first, so that another link may say it again, where the first one
// dies, or the connection fails before the target has said a byte: once each, and the client does
// not notice. Where the one is reset and the other answers, that is a sign
// (link::Sign::reset_early).
//
// Over with the first byte of the target, when what the client says is something that may not be
// said twice (may_be_said_twice), when somebody ends, or after some seconds without a word.
class FirstFlight : public FlightHook {
 public:
  // Null where no other link can help: Dialed::was_dispatched, or there is no other one. `early`
  // has been said, or is about to be.
  static std::unique_ptr<FirstFlight> of(Caller caller, const Dialed& dialed,
                                         std::span<const std::byte> early);

  // False: all that has been said is something else, and it is over.
  bool say(std::span<const std::byte> more);
  std::span<const std::byte> said() const { return said_; }

  // Whether it is worth while, when this link has failed it.
  bool may_leave(const link::Link& link) const;
  void leave(link::Link& link, const net::Error& why);
  // By another link than those that it has left.
  net::Task<net::Result<Dialed>> dial(const Target& target) { return caller_.dial(target, wish_); }
  // Why it has left the last one; none: it is with its first one.
  const net::Error& left_for() const { return left_for_; }
  // The target has said something.
  void is_answered(const Target& target, const link::Link& by);

  const Caller& caller() const { return caller_; }

  // Where it is kept, and when it began: for the one who ends those that wait for too long.
  std::unique_ptr<FirstFlight>* place = nullptr;
  net::TimePoint began{};

 private:
  explicit FirstFlight(Caller caller) : caller_(std::move(caller)) {}

  Caller caller_;
  Bytes said_;
  DialWish wish_;
  net::Error left_for_;
};

}  // namespace dispatch::proxy
