#include "engine/stream/subscribers.hpp"

#include "engine/net/accept_loop.hpp"

#include <exception>
#include <utility>

namespace dispatch::stream {

class Subscribers::Subscriber final : public ByteOutput {
 public:
  Subscriber(Hub& hub, net::Runtime& runtime, std::string name, Slowness slowness,
             net::StreamPtr connection)
      : ByteOutput(hub, runtime, std::move(name), slowness), connection_(std::move(connection)) {}

  net::Task<void> run() override {
    const auto error = co_await serve(*connection_);
    if (too_slow_) {
      runtime().log().warning("{}: too slow: disconnected", name());
    } else if (!net::is_cancelled(error)) {
      runtime().log().info("{}: {}", name(), error.message());
    }
    end();
  }

 private:
  void too_slow() override {
    too_slow_ = true;
    end();
    connection_->abort();
  }

  net::StreamPtr connection_;
  bool too_slow_ = false;
};

Subscribers::Subscribers(Hub& hub, net::Runtime& runtime, Acceptor acceptor, Slowness slowness)
    : hub_(hub),
      runtime_(runtime),
      acceptor_(std::move(acceptor)),
      slowness_(slowness),
      name_(to_string(acceptor_.spec())),
      serving_(runtime.executor(), [](std::exception_ptr bug) { std::rethrow_exception(bug); }),
      finishing_(runtime.executor(), nullptr) {}

net::Task<void> Subscribers::run() {
  co_await net::accept_loop(runtime_, acceptor_.listener(), [this](net::StreamPtr stream) {
    serving_.spawn(serve(std::move(stream)));
  });
}

net::Task<void> Subscribers::serve(net::StreamPtr stream) {
  const auto peer = net::to_string(stream->remote_endpoint());
  auto welcome = co_await acceptor_.welcome(std::move(stream));
  if (!welcome) {
    runtime_.log().info("{}: {}: {}", name_, peer, welcome.error().message());
    co_return;
  }
  const auto subscriber = std::make_shared<Subscriber>(hub_, runtime_, name_ + ": " + peer,
                                                       slowness_, std::move(*welcome));
  runtime_.log().info("{}: {} has come", name_, peer);
  const auto place = live_.insert(live_.end(), subscriber);
  // However it ends: the task may be cancelled.
  struct Leave {
    ~Leave() {
      of.gone_ += (*place)->figures();
      of.live_.erase(place);
    }
    Subscribers& of;
    std::list<std::shared_ptr<Subscriber>>::iterator place;
  } leave{*this, place};
  co_await subscriber->run();
}

net::Task<void> Subscribers::finish(std::shared_ptr<Subscriber> subscriber) {
  const auto error = co_await subscriber->flush();
  if (!error) co_await subscriber->finish();
}

net::Task<void> Subscribers::finish() {
  acceptor_.listener().close();
  for (const auto& each : live_) finishing_.spawn(finish(each));
  (void)co_await finishing_.idle();
}

net::Task<void> Subscribers::stop() {
  acceptor_.listener().close();
  finishing_.cancel();
  (void)co_await finishing_.idle();
  serving_.cancel();
  (void)co_await serving_.idle();
}

Figures Subscribers::figures() const {
  auto all = gone_;
  for (const auto& each : live_) all += each->figures();
  return all;
}

}  // namespace dispatch::stream
