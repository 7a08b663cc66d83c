// The links that outputs go out by.
#pragma once

#include "engine/link/follower.hpp"
#include "engine/link/link_set.hpp"
#include "engine/link/monitor.hpp"
#include "engine/net/runtime.hpp"
#include "engine/net/task_group.hpp"

#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace dispatch::stream {

class OutputLinks {
 public:
  // `probes`: what links are asked, so that it is known of each whether it works; none: nothing.
  // Throws net::ConfigError: no such link, or one through a proxy, which streams do not take.
  OutputLinks(net::Runtime& runtime, std::span<const link::LinkSpec> specs,
              std::vector<link::ProbeSpec> probes);

  // Follows their addresses, and asks the probes: tasks of `group`, until they are cancelled.
  void run(net::TaskGroup& group);

  // In the order of the specs.
  std::vector<link::Link*> all() const { return links_->links(); }
  // Throws net::ConfigError.
  link::Link& of_name(std::string_view name) const;

 private:
  std::unique_ptr<link::LinkSet> links_;
  link::LinkFollower follower_;
  std::unique_ptr<link::Monitor> monitor_;  // null: no probes
};

}  // namespace dispatch::stream
