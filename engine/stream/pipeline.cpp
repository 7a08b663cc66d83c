#include "engine/stream/pipeline.hpp"

#include "engine/stream/connect_output.hpp"
#include "engine/stream/file_input.hpp"
#include "engine/stream/file_output.hpp"
#include "engine/stream/locate.hpp"
#include "engine/stream/open.hpp"
#include "engine/stream/stream_error.hpp"
#include "engine/stream/stream_input.hpp"
#include "engine/stream/udp_input.hpp"
#include "engine/stream/udp_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dispatch::stream {

namespace {

// In which byte streams go on where no output has datagrams.
constexpr std::size_t kPieceBytes = 64 * 1024;

// How long frames may come after the end of their stream, where some are missing.
constexpr net::Duration kStragglers = std::chrono::milliseconds(250);

bool is_file(const EndpointSpec& spec) {
  return spec.scheme == Scheme::file || spec.scheme == Scheme::standard;
}

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

net::Task<void> Pipeline::open() {
  if (plan_.one_file_each) co_return co_await open_apart();
  open_framing();
  for (const auto& spec : plan_.to) {
    const bool framed = plan_.framed_out && spec.scheme == Scheme::udp;
    co_await open_output(framed ? framing_ : hub_, spec);
  }
  for (const auto& spec : plan_.serve) {
    auto acceptor = co_await Acceptor::make(runtime_, files_, spec);
    subscribers_.push_back(
        std::make_unique<Subscribers>(hub_, runtime_, std::move(acceptor), plan_.slowness));
  }
  auto& hub = plan_.via ? inner_ : hub_;
  if (plan_.via) {
    co_await open_output(inner_, *plan_.via);
    co_await open_listener(plan_.framed_in ? frames_ : hub_, *plan_.via);
  }
  if (plan_.datagram_bytes != 0) datagram_bytes_ = plan_.datagram_bytes;
  if (datagram_bytes_ == 0) datagram_bytes_ = kPieceBytes;
  if (plan_.framed_out && datagram_bytes_ > kFrameHeaderBytes) datagram_bytes_ -= kFrameHeaderBytes;
  for (const auto& spec : plan_.listen) {
    const bool framed = plan_.framed_in && !plan_.via && spec.scheme == Scheme::udp;
    co_await open_listener(framed ? frames_ : hub, spec);
  }
  for (const auto& spec : plan_.from) co_await open_source(hub, spec);
}

void Pipeline::open_framing() {
  if (plan_.framed_out) {
    const auto stream =
        plan_.stream.value_or(static_cast<std::uint32_t>(runtime_.entropy().next()));
    framer_ = std::make_unique<Framer>(hub_, framing_, runtime_.clock(), stream);
  }
  if (!plan_.framed_in) return;
  hub_.feeds_from(frames_);
  unframer_ = std::make_unique<Unframer>(frames_, [this](std::uint32_t) -> Hub& { return hub_; });
  unframer_->on_end([this] { changed_.notify_all(); });
}

net::Task<void> Pipeline::open_apart() {
  datagram_bytes_ = plan_.datagram_bytes == 0 ? kPieceBytes : plan_.datagram_bytes;
  for (const auto& spec : plan_.listen) {
    auto& hub = *apart_.emplace_back(std::make_unique<Hub>(runtime_.executor()));
    co_await open_listener(hub, spec);
    for (auto to : plan_.to) {
      if (to.scheme == Scheme::file) to.path += "." + file_name_of(spec);
      co_await open_output(hub, to);
    }
  }
}

net::Task<void> Pipeline::open_output(Hub& hub, EndpointSpec spec) {
  const auto name = to_string(spec);
  if (spec.scheme == Scheme::udp) {
    auto socket = co_await open_udp_output(runtime_, spec);
    const auto fits = spec.datagram_bytes != 0
                          ? spec.datagram_bytes
                          : stream::datagram_bytes(runtime_, socket->local_endpoint().address);
    datagram_bytes_ = datagram_bytes_ == 0 ? fits : std::min(datagram_bytes_, fits);
    outputs_.push_back(std::make_unique<UdpOutput>(hub, runtime_.executor(), name, plan_.slowness,
                                                   std::move(socket)));
  } else if (is_file(spec)) {
    FileSeries series(files_, runtime_.clock(), spec, plan_.file_policy);
    auto file = open_file_output(series, spec);
    outputs_.push_back(std::make_unique<FileOutput>(
        hub, runtime_.executor(), name, plan_.slowness.backlog_max, std::move(series),
        std::move(file), [this, name](const net::Error& error) { fail(name, error); }));
  } else {
    auto connector = co_await Connector::make(runtime_, files_, spec);
    outputs_.push_back(
        std::make_unique<ConnectOutput>(hub, runtime_, name, plan_.slowness, std::move(connector)));
  }
}

net::Task<void> Pipeline::open_listener(Hub& hub, EndpointSpec spec) {
  if (spec.scheme == Scheme::udp) {
    auto socket = open_udp_input(runtime_, spec, plan_.receive_buffer);
    spec.port = socket->local_endpoint().port;
    inputs_.push_back(std::make_unique<UdpInput>(hub, to_string(spec), std::move(socket)));
  } else {
    auto acceptor = co_await Acceptor::make(runtime_, files_, spec);
    inputs_.push_back(
        std::make_unique<ListenInput>(hub, runtime_, datagram_bytes_, std::move(acceptor)));
  }
}

net::Task<void> Pipeline::open_source(Hub& hub, EndpointSpec spec) {
  if (is_file(spec)) {
    inputs_.push_back(std::make_unique<FileInput>(
        hub, to_string(spec), open_file_input(files_, spec), runtime_.clock(),
        FileInput::Options{datagram_bytes_, plan_.bytes_per_second}));
  } else {
    auto connector = co_await Connector::make(runtime_, files_, spec);
    inputs_.push_back(std::make_unique<ConnectInput>(hub, runtime_, to_string(spec),
                                                     datagram_bytes_, std::move(connector)));
  }
}

void Pipeline::fail(const std::string& name, const net::Error& error) {
  if (!failure_) failure_ = fmt::format("{}: {}", name, error.message());
  changed_.notify_all();
}

net::Task<void> Pipeline::read(Input& input) {
  const auto status = co_await input.run();
  if (status && !net::is_cancelled(status)) fail(input.name(), status);
  --inputs_left_;
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
  for (const auto& output : outputs_) writing_.spawn(output->run());
  for (const auto& each : subscribers_) writing_.spawn(each->run());
  inputs_left_ = inputs_.size();
  for (const auto& input : inputs_) reading_.spawn(read(*input));
  while (stops_ == 0 && !failure_ && !bug_ && inputs_left_ != 0 && !has_heard_all()) {
    if (co_await changed_.wait()) break;
  }
  if (has_heard_all() && lacks_any()) (void)co_await runtime_.clock().sleep_for(kStragglers);
  reading_.cancel();
  co_await reading_.idle();
  for (const auto& input : inputs_) co_await input->stop();
  if (framer_) framer_->finish();
  if (!failure_ && !bug_) co_await drain();
  writing_.cancel();
  co_await writing_.idle();
  for (const auto& each : subscribers_) co_await each->stop();
  if (bug_) std::rethrow_exception(bug_);
  if (failure_) throw StreamError(*failure_);
}

// What was taken is sent: for as long as it takes, or, once we are to stop, for a while.
net::Task<void> Pipeline::drain() {
  auto& clock = runtime_.clock();
  flushes_left_ = outputs_.size() + subscribers_.size();
  for (const auto& output : outputs_) flushing_.spawn(flush(*output));
  for (const auto& each : subscribers_) flushing_.spawn(finish(*each));
  auto deadline = net::kNever;
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
