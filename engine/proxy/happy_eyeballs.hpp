// In which order, and when, the addresses of a target are tried (Happy Eyeballs v2, RFC 8305).
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/time.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace dispatch::proxy {

struct HappyEyeballsOptions {
  // From the start of one attempt to that of the next, while none has failed (RFC 8305 section 5).
  net::Duration attempt_delay = std::chrono::milliseconds(250);
  // How long IPv4 addresses wait for the answer about IPv6 (RFC 8305 section 3).
  net::Duration resolution_delay = std::chrono::milliseconds(50);
  std::size_t addresses_max = 16;  // of each family; further ones are not tried
  std::size_t attempts_max = 6;    // at a time
};

// A plan, as a state machine: it is told what happens and asked what to do, and does nothing
// itself. Families alternate, IPv6 first (section 4); a failed attempt makes room for the next at
// once. Addresses may be added while attempts run.
class HappyEyeballs {
 public:
  explicit HappyEyeballs(HappyEyeballsOptions options) : options_(options) {}

  // A question about this family is under way.
  void expect(net::Family family) { side(family).expected = true; }
  // It has been answered, maybe with nothing; the first address is the best.
  void answered(net::Family family, std::span<const net::Address> addresses, net::TimePoint now);

  // The address to be tried now, if any: the attempt counts as started.
  std::optional<net::Address> next(net::TimePoint now);
  // A started attempt has ended without a connection.
  void failed(net::TimePoint now);

  // When to ask next() again, if nothing happens before. kNever: only after news.
  net::TimePoint wake() const;
  // Nothing runs, nothing is left, and no answer is expected.
  bool over() const { return running_ == 0 && nothing_to_come(); }
  // Something runs that is not the only attempt, or may not stay the only one.
  bool races() const { return running_ > 1 || !nothing_to_come(); }

 private:
  struct Side {
    bool expected = false;
    std::vector<net::Address> addresses;
    std::size_t begun = 0;  // so many of them have been tried

    bool is_empty() const { return begun == addresses.size(); }
  };

  Side& side(net::Family family) { return sides_[static_cast<std::size_t>(family)]; }
  const Side& side(net::Family family) const { return sides_[static_cast<std::size_t>(family)]; }
  // The family of the next attempt; empty where no address is left.
  std::optional<net::Family> next_family() const;
  bool nothing_to_come() const;

  HappyEyeballsOptions options_;
  std::array<Side, 2> sides_;
  std::optional<net::Family> last_;  // of the last attempt
  std::size_t running_ = 0;
  net::TimePoint next_at_ = net::TimePoint::min();     // no attempt before
  net::TimePoint hold_until_ = net::TimePoint::min();  // no first attempt over IPv4 before
};

}  // namespace dispatch::proxy
