// Reno congestion control (RFC 5681), counting acknowledged segments rather than ACKs (RFC 3465).
#pragma once

#include "sim/tcp/congestion.hpp"

namespace dispatch::sim::tcp {

class Reno : public CongestionControl {
 public:
  void on_ack(CongestionWindow& window, const AckSample& sample) override;
  int threshold_after_loss(const CongestionWindow& window) override {
    return std::max(window.segments / 2, 2);  // RFC 5681 equation 4
  }
};

}  // namespace dispatch::sim::tcp
