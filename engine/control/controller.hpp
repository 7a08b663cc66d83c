// What people may ask of a running dispatcher, and what they may change.
#pragma once

#include "engine/control/rates.hpp"
#include "engine/control/status.hpp"
#include "engine/link/link_set.hpp"
#include "engine/net/config_error.hpp"
#include "engine/net/runtime.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::control {

// The program around it.
struct Hooks {
  // What has changed, in one line. Throws std::runtime_error, and then nothing has.
  std::function<std::string()> reload;
  // Of each event loop; without its connections where `connections_max` is 0.
  std::function<net::Task<std::vector<proxy::ServerView>>(std::size_t connections_max)> look;
};

// Used on one event loop; `runtime` and `links` outlive it.
class Controller {
 public:
  Controller(net::Runtime& runtime, link::LinkSet& links, std::string version, Hooks hooks);

  // Measures rates until it is cancelled.
  net::Task<void> follow() { return rates_.follow(runtime_.clock()); }

  net::Task<Status> status();
  // The oldest ones, of all event loops.
  net::Task<std::vector<proxy::ConnectionView>> connections(std::size_t most);

  // Throw net::ConfigError where there is no such link, or where the weight cannot be.
  void switch_link(std::string_view name, bool on);
  void set_weight(std::string_view name, std::uint64_t weight);
  // Throws std::runtime_error, and then nothing has changed.
  std::string reload() { return hooks_.reload(); }

  net::Runtime& runtime() { return runtime_; }
  link::LinkSet& links() { return links_; }
  const Rates& rates() const { return rates_; }

 private:
  link::Link& find(std::string_view name);

  net::Runtime& runtime_;
  link::LinkSet& links_;
  std::string version_;
  Hooks hooks_;
  net::TimePoint began_;
  Rates rates_;
};

}  // namespace dispatch::control
