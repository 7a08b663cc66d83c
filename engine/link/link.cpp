#include "engine/link/link.hpp"

namespace dispatch::link {

bool Link::set_presence(const Presence& presence, net::TimePoint now) {
  const std::scoped_lock lock(changing_);
  const auto reason = absence_ ? absence_->reason : std::string();
  const bool same =
      egress_v4_ == presence.v4 && egress_v6_ == presence.v6 && reason == presence.why_absent;
  if (same) return false;
  egress_v4_ = presence.v4;
  egress_v6_ = presence.v6;
  absence_.reset();
  if (!presence.any()) absence_ = Standing{Health::down, presence.why_absent, now};
  absent_ = !presence.any();
  return true;
}

void Link::set_limits(const LinkLimits& limits, net::TimePoint now) {
  const std::scoped_lock lock(changing_);
  if (limits.rates.down != limits_.rates.down) down_->set(limits.rates.down, now);
  if (limits.rates.up != limits_.rates.up) up_->set(limits.rates.up, now);
  limits_ = limits;
}

bool Link::ends_connections() const {
  if (allowance() != Allowance::spent) return false;
  const auto usage = cap_usage();
  return usage && usage->cap.at_cap == AtCap::end;
}

Presence Link::presence() const {
  const std::scoped_lock lock(changing_);
  return {egress_v4_, egress_v6_, absence_ ? absence_->reason : std::string()};
}

}  // namespace dispatch::link
