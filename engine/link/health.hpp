// What is known of a link's health: signs in, a standing out.
#pragma once

#include "engine/link/standing.hpp"
#include "engine/net/address.hpp"
#include "engine/net/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::link {

// What has been seen of a link. That a target cannot be reached says nothing of a link: only where
// another link reached it meanwhile is it a sign.
enum class Sign : std::uint8_t {
  connected,     // a connection through it stands
  probe_passed,  // it was asked, and it works
  gone,          // its address or its device is not there (EADDRNOTAVAIL, ENODEV, ENETDOWN)
  no_route,      // this host or a router knows no way (ENETUNREACH)
  failed,        // a connection failed, and another link reached the same target meanwhile
  outrun,        // the same, but it had only become slow
  stalled,       // what was sent is not acknowledged, or bytes that flowed have ceased to
  reset_early,   // a connection was reset before the first byte, and another link got an answer
  probe_failed,  // it was asked, and it does not work
  trial,         // it has waited for long enough; only connections can tell
};

struct Evidence {
  Sign sign;
  net::TimePoint at;
  std::string what{};  // one line for people; not of `connected`
  // Of `connected` and `probe_passed`: how long it took. Zero: not known.
  net::Duration took{};
  // Who answered: through this link, or, where it failed, through another one.
  std::optional<net::Endpoint> peer{};
};

struct HealthOptions {
  bool enabled = true;  // else every link stays up, whatever is seen of it
  // Whether a connection that stands shows that the link works. Not where it is asked for more: who
  // is behind a captive portal can connect to anything.
  bool connections_prove = true;
};

// One link's. Between `up` and `down` there is always a doubt that is looked into:
//
//     up -> suspect      two signs in a row and no byte received between them; one of a probe, of
//                        `no_route`, or of `stalled`. That connections stand is nothing against
//                        two that were reset early
//     suspect -> down    two more, and still no byte; `gone` leads there at once from anywhere
//     suspect -> up      one connection or probe that began after the doubt
//     down -> recovering one that succeeds
//     recovering -> up   three in all; more for a link that was down a moment ago (flapping)
//     recovering -> down one that fails
//
// A trial leads to `up`, from where one sign is enough to go down again. A function of evidence and
// its times; reads no clock.
class HealthTracker {
 public:
  // The new standing, where this changes it. `received`: bytes that the link has brought so far.
  std::optional<Standing> take(const Evidence& evidence, const HealthOptions& options,
                               std::uint64_t received);

  // Somebody else has decided.
  void adopt(const Standing& standing);

  // What connecting through the link takes: rises at once to what was seen, and falls slowly. Zero:
  // not known.
  net::Duration connect_time() const { return connect_time_; }

  // Whom a probe may ask: who answered this link last, and who answered another one when this one
  // failed.
  std::vector<net::Endpoint> peers() const;

 private:
  std::optional<Standing> succeed(const Evidence& evidence, const HealthOptions& options);
  std::optional<Standing> fail(const Evidence& evidence, const HealthOptions& options,
                               std::uint64_t received);
  bool is_grave(Sign sign, std::uint64_t received);
  Standing become(Health health, const Evidence& evidence, std::string reason);
  void learn(const Evidence& evidence);

  Standing standing_;
  int failures_ = 0;   // in a row, in this standing
  int successes_ = 0;  // the same
  int flaps_ = 0;      // it came back and went down again so often
  bool on_trial_ = false;
  std::uint64_t received_ = 0;  // at the last failure
  int early_resets_ = 0;        // since it has received a byte
  std::uint64_t received_at_reset_ = 0;
  net::TimePoint down_since_{};
  net::TimePoint back_since_{};  // up after it was down; zero: it never was down
  net::Duration connect_time_{};
  std::optional<net::Endpoint> failed_peer_;
  std::optional<net::Endpoint> last_peer_;
};

}  // namespace dispatch::link
