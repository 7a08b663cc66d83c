// What `dispatch start` was told, read again while it runs: SIGHUP, `dispatch reload`.
#pragma once

#include "cli/proxy_threads.hpp"
#include "cli/start_options.hpp"
#include "engine/link/follower.hpp"
#include "engine/os/runtime.hpp"

#include <string>

namespace dispatch::cli {

class Reload {
 public:
  // All but `arguments` outlive this.
  Reload(os::Runtime& runtime, link::LinkSet& links, link::LinkFollower& follower,
         ProxyThreads& proxy, StartArguments arguments)
      : runtime_(runtime),
        links_(links),
        follower_(follower),
        proxy_(proxy),
        now_(std::move(arguments)) {}

  // Reads the command line's files again and applies what can change: the certificate, the users,
  // the rules, the links. Connections go on. Yields what has changed, and what would have to wait
  // for a restart, in one line. Throws std::runtime_error, and then nothing has changed.
  std::string operator()();

 private:
  std::string apply();

  os::Runtime& runtime_;
  link::LinkSet& links_;
  link::LinkFollower& follower_;
  ProxyThreads& proxy_;
  StartArguments now_;
};

}  // namespace dispatch::cli
