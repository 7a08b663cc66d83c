// The service manager that has started this process, if one has: systemd's protocol (sd_notify(3)),
// which is a datagram of lines to the socket that $NOTIFY_SOCKET names.
#pragma once

#include "engine/net/async.hpp"
#include "engine/net/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dispatch::os {

class ServiceManager {
 public:
  // Reads the environment: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID.
  ServiceManager();

  // Whether anybody listens to what tell() says.
  bool is_there() const { return !path_.empty(); }

  // "READY=1", "STOPPING=1", several lines. Errors: the socket's; none where nobody listens.
  net::Status tell(std::string_view lines) const;
  // Between this and READY=1 it is reading its configuration again.
  net::Status tell_reloading() const;

  // It wants to hear WATCHDOG=1 at least so often; none: never.
  std::optional<net::Duration> watchdog() const { return watchdog_; }

 private:
  std::string path_;  // begins with @ in the abstract namespace; empty: nobody
  std::optional<net::Duration> watchdog_;
};

}  // namespace dispatch::os
