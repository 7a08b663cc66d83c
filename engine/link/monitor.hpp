// Who looks after links that are in doubt, and asks them until they work again.
#pragma once

#include "engine/link/link_set.hpp"
#include "engine/link/probe.hpp"
#include "engine/net/condition.hpp"
#include "engine/net/runtime.hpp"
#include "engine/net/task_group.hpp"

#include <vector>

namespace dispatch::link {

struct MonitorOptions {
  // Whether links are asked at all. Where not, one that is in doubt is given to connections again
  // after a while (Sign::trial), and they find out.
  bool probes = true;
  // What each link is asked, again and again; it works where one of these passes. None: only links
  // in doubt are asked, for a connection to whom other links can reach.
  std::vector<ProbeSpec> targets{};
  net::Duration interval = std::chrono::seconds(30);  // of `targets`, of a link that is up
};

// One for a LinkSet, on one event loop. A link in doubt is asked at once; one that is down from
// twice a second to once in 5 s, the longer it is down the more seldom; one that recovers three
// times a second. Its addresses are others: at once. Times between two probes vary by a tenth, so
// that many machines do not ask in step.
class Monitor {
 public:
  // Both outlive this.
  Monitor(net::Runtime& runtime, LinkSet& links, MonitorOptions options);

  // Until it is cancelled.
  net::Task<void> run();

 private:
  struct Watched;

  net::Task<void> follow(Link& link);
  net::Task<void> look(Watched& watched);
  net::TimePoint due(Watched& watched);
  net::Duration varied(net::Duration delay);

  net::Runtime& runtime_;
  LinkSet& links_;
  MonitorOptions options_;
  net::Condition news_;
  net::TaskGroup followers_;
  std::vector<Link*> followed_;
};

// What the monitor's options mean for what the links take from connections.
HealthOptions health_options_of(const MonitorOptions& options, bool enabled);

}  // namespace dispatch::link
