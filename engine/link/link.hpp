// A link: one way out of this host to the internet.
#pragma once

#include "engine/net/byte_counter.hpp"
#include "engine/net/network.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace dispatch::link {

// What a link has done so far.
struct LinkCounters {
  net::Counter dials;          // connections tried
  net::Counter dial_failures;  // of these, not established
  net::Counter connections;    // established in all
  net::Counter live;           // established and not yet ended
  net::ByteCounter sent;            // towards the targets, bytes of payload
  net::ByteCounter received;
};

class Link {
 public:
  Link(std::string name, unsigned weight) : name_(std::move(name)), weight_(weight) {}
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // As the user wrote it: an interface or an address.
  const std::string& name() const { return name_; }
  // Its share is weight / sum of the weights of the links that can be chosen. Never 0.
  unsigned weight() const { return weight_; }

  // How its connections leave the host; empty where it has no address of that family.
  const std::optional<net::Egress>& egress(net::Family family) const {
    return family == net::Family::v6 ? egress_v6_ : egress_v4_;
  }
  void set_egress(net::Family family, std::optional<net::Egress> egress) {
    (family == net::Family::v6 ? egress_v6_ : egress_v4_) = std::move(egress);
  }

  LinkCounters& counters() { return counters_; }
  const LinkCounters& counters() const { return counters_; }

 private:
  std::string name_;
  unsigned weight_;
  std::optional<net::Egress> egress_v4_;
  std::optional<net::Egress> egress_v6_;
  LinkCounters counters_;
};

// One established connection of a link: counts it as live for as long as it exists.
class LinkUse {
 public:
  explicit LinkUse(Link& link) : link_(&link) {
    ++link_->counters().connections;
    ++link_->counters().live;
  }
  LinkUse(LinkUse&& other) noexcept : link_(std::exchange(other.link_, nullptr)) {}
  LinkUse& operator=(LinkUse&& other) noexcept {
    std::swap(link_, other.link_);
    return *this;
  }
  ~LinkUse() {
    if (link_ != nullptr) --link_->counters().live;
  }

  Link& link() const { return *link_; }

 private:
  Link* link_;
};

}  // namespace dispatch::link
