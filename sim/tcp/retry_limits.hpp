// How long TCP keeps trying before it gives the connection up.
#pragma once

#include "engine/net/time.hpp"

namespace dispatch::sim::tcp {

// The doubled time-out, at most `most`.
net::Duration backed_off(net::Duration timeout, net::Duration most);

// How long an established connection may go without any answer: the time that `retries` doublings
// of `rto_min` take, each at most `rto_max` (Linux: tcp_model_timeout; 15 retries are 924.6 s
// whatever the RTT). It is looked at when a retransmission timer expires, so the error comes later.
net::Duration patience(int retries, net::Duration rto_min, net::Duration rto_max);

}  // namespace dispatch::sim::tcp
