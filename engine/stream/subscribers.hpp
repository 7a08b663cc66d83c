// Whoever connects gets what comes from then on.
#pragma once

#include "engine/net/task_group.hpp"
#include "engine/stream/byte_output.hpp"
#include "engine/stream/connector.hpp"

#include <list>
#include <memory>
#include <string>

namespace dispatch::stream {

class Subscribers {
 public:
  // `slowness` is of each subscriber by itself.
  Subscribers(Hub& hub, net::Runtime& runtime, Acceptor acceptor, Slowness slowness);

  // Until it is cancelled.
  net::Task<void> run();

  // Nobody is let in any more, and those who are there get what waits for them, and the end.
  net::Task<void> finish();

  // Ends all that is left of them at once. To be called before the end, when run() is over.
  net::Task<void> stop();

  const std::string& name() const { return name_; }
  // Of all, and of those who have gone.
  Figures figures() const;
  std::size_t live() const { return live_.size(); }

 private:
  class Subscriber;

  net::Task<void> serve(net::StreamPtr stream);
  static net::Task<void> finish(std::shared_ptr<Subscriber> subscriber);

  Hub& hub_;
  net::Runtime& runtime_;
  Acceptor acceptor_;
  Slowness slowness_;
  std::string name_;
  std::list<std::shared_ptr<Subscriber>> live_;
  Figures gone_;
  net::TaskGroup serving_;
  net::TaskGroup finishing_;
};

}  // namespace dispatch::stream
