#include "engine/stream/pipeline.hpp"

#include "engine/stream/stream_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dispatch::stream {

namespace {

// How long frames may come after the end of their stream, where some are missing.
constexpr net::Duration kStragglers = std::chrono::milliseconds(250);

}  // namespace

Pipeline::Pipeline(net::Runtime& runtime, net::Files& files, Plan plan)
    : runtime_(runtime),
      files_(files),
      plan_(std::move(plan)),
      hub_(runtime.executor()),
      inner_(runtime.executor()),
      frames_(runtime.executor()),
      framing_(runtime.executor()),
      changed_(runtime.executor()),
      reading_(runtime.executor(),
               [this](std::exception_ptr bug) {
                 bug_ = bug;
                 changed_.notify_all();
               }),
      writing_(runtime.executor(),
               [this](std::exception_ptr bug) {
                 bug_ = bug;
                 changed_.notify_all();
               }),
      flushing_(runtime.executor(), nullptr) {}

Pipeline::~Pipeline() = default;

void Pipeline::fail(const std::string& name, const net::Error& error) {
  fail(fmt::format("{}: {}", name, error.message()));
}

void Pipeline::fail(std::string why) {
  if (!failure_) failure_ = std::move(why);
  changed_.notify_all();
}

net::Task<void> Pipeline::read(Input& input) {
  const auto status = co_await input.run();
  if (status && !net::is_cancelled(status)) fail(input.name(), status);
  --inputs_left_;
  changed_.notify_all();
}

net::Task<void> Pipeline::finish_frames() {
  co_await framer_->finish();
  --flushes_left_;
  changed_.notify_all();
}

net::Task<void> Pipeline::flush(Output& output) {
  const auto error = co_await output.flush();
  if (!error) co_await output.finish();
  --flushes_left_;
  changed_.notify_all();
}

net::Task<void> Pipeline::finish(Subscribers& subscribers) {
  co_await subscribers.finish();
  --flushes_left_;
  changed_.notify_all();
}

net::Task<void> Pipeline::run() {
  runs_ = true;
  if (links_) links_->run(writing_);
  for (const auto& output : outputs_) writing_.spawn(output->run());
  for (const auto& each : ears_) writing_.spawn(each.output.listen(each.ears));
  for (const auto& each : subscribers_) writing_.spawn(each->run());
  if (framer_) writing_.spawn(framer_->run());
  if (unframer_) writing_.spawn(unframer_->run());
  inputs_left_ = inputs_.size();
  for (const auto& input : inputs_) reading_.spawn(read(*input));
  while (stops_ == 0 && !failure_ && !bug_ && inputs_left_ != 0 && !has_heard_all()) {
    if (co_await changed_.wait()) break;
  }
  if (has_heard_all() && lacks_any()) (void)co_await runtime_.clock().sleep_for(kStragglers);
  reading_.cancel();
  co_await reading_.idle();
  for (const auto& input : inputs_) co_await input->stop();
  if (!failure_ && !bug_) co_await drain();
  writing_.cancel();
  co_await writing_.idle();
  for (const auto& each : subscribers_) co_await each->stop();
  if (bug_) std::rethrow_exception(bug_);
  if (failure_) throw StreamError(*failure_);
}

// What was taken is sent: for as long as it takes, or, once we are to stop, for a while.
net::Task<void> Pipeline::drain() {
  auto deadline = net::kNever;
  if (framer_) {
    flushes_left_ = 1;
    flushing_.spawn(finish_frames());
    co_await flushed(deadline);
  }
  flushes_left_ = outputs_.size() + subscribers_.size();
  for (const auto& output : outputs_) flushing_.spawn(flush(*output));
  for (const auto& each : subscribers_) flushing_.spawn(finish(*each));
  co_await flushed(deadline);
}

net::Task<void> Pipeline::flushed(net::TimePoint& deadline) {
  auto& clock = runtime_.clock();
  while (flushes_left_ != 0 && stops_ < 2 && !failure_) {
    if (stops_ == 1 && deadline == net::kNever) deadline = clock.now() + plan_.drain;
    if (co_await changed_.wait_until(clock, deadline)) break;
  }
  flushing_.cancel();
  co_await flushing_.idle();
}

void Pipeline::stop() {
  ++stops_;
  changed_.notify_all();
}

bool Pipeline::has_heard_all() const {
  return plan_.until_end && unframer_ && unframer_->all_ended();
}

bool Pipeline::lacks_any() const {
  const auto all = streams();
  return std::ranges::any_of(all, [](const auto& each) { return each.second.lost != 0; });
}

std::map<std::uint32_t, SequenceFigures> Pipeline::streams() const {
  return unframer_ ? unframer_->figures() : std::map<std::uint32_t, SequenceFigures>();
}

std::vector<EndpointFigures> Pipeline::figures() const {
  std::vector<EndpointFigures> all;
  for (const auto& each : inputs_) all.push_back({each->name(), true, each->figures()});
  for (const auto& each : outputs_) all.push_back({each->name(), false, each->figures()});
  for (const auto& each : subscribers_) all.push_back({each->name(), false, each->figures()});
  return all;
}

}  // namespace dispatch::stream
