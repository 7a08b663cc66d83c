#include "sim/tcp/retry_limits.hpp"

#include <algorithm>

namespace dispatch::sim::tcp {

net::Duration backed_off(net::Duration timeout, net::Duration most) {
  return std::min(2 * timeout, most);
}

net::Duration patience(int retries, net::Duration rto_min, net::Duration rto_max) {
  net::Duration total{};
  auto timeout = rto_min;
  for (int i = 0; i <= retries; ++i) {
    total += timeout;
    timeout = 2 * timeout > rto_max ? rto_max : 2 * timeout;
  }
  return total;
}

}  // namespace dispatch::sim::tcp
