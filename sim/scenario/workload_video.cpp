// Somebody who watches a video.
#include "engine/traffic/conversation.hpp"
#include "sim/scenario/workload_kinds.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::scenario {
namespace {

using net::Task;

constexpr auto kRetryDelay = std::chrono::milliseconds(500);

// What is shown, and when it stalls: a function of when segments arrive.
class Playback {
 public:
  Playback(const VideoSpec& video, Duration begin) : video_(video), stopped_(begin) {}

  Duration loaded() const { return loaded_; }
  // How much of what is loaded is yet to be shown.
  Duration ahead(Duration now) const {
    return loaded_ - (plays_ ? std::min(loaded_, shown_ + (now - resumed_)) : shown_);
  }

  void add(Duration media, Duration now) {
    look(now);
    loaded_ += media;
    const bool enough = loaded_ - shown_ >= video_.startup || loaded_ >= video_.length;
    if (plays_ || !enough) return;
    if (startup_) {
      stall_time_ += now - stopped_;
    } else {
      startup_ = now - stopped_;
    }
    plays_ = true;
    resumed_ = now;
  }

  // Until `now`.
  void add_figures(WorkloadResult& result, Duration now) {
    look(now);
    result.startup = startup_;
    result.stalls = stalls_;
    result.stall_time = stall_time_;
    if (!plays_ && startup_ && loaded_ < video_.length) *result.stall_time += now - stopped_;
  }

 private:
  // Whether it has run dry meanwhile.
  void look(Duration now) {
    const auto dry = resumed_ + (loaded_ - shown_);
    if (!plays_ || dry >= now || loaded_ >= video_.length) return;
    ++stalls_;
    plays_ = false;
    shown_ = loaded_;
    stopped_ = dry;
  }

  const VideoSpec& video_;
  Duration loaded_{};
  Duration shown_{};    // when it stopped, or was resumed
  Duration resumed_{};  // since when it plays
  Duration stopped_;    // since when it does not
  bool plays_ = false;
  std::optional<Duration> startup_;
  std::uint64_t stalls_ = 0;
  Duration stall_time_{};
};

class VideoRun : public WorkloadRun {
 public:
  VideoRun(const WorkloadSpec& spec, WorkloadContext context)
      : WorkloadRun(spec, std::move(context)),
        video_(std::get<VideoSpec>(spec.work)),
        playback_(video_, spec.at) {}

 private:
  std::string_view kind() const override { return "video"; }

  std::uint64_t transfers_due(Duration) const override {
    const auto segments = (video_.length + video_.segment - Duration(1)) / video_.segment;
    return static_cast<std::uint64_t>(segments);
  }

  void add_figures(WorkloadResult& result, Duration end) const override {
    auto copy = playback_;
    copy.add_figures(result, end);
  }

  Task<void> work() override {
    std::size_t current = 0;
    auto options = options_for(0);
    if (options.connected) {
      options.connected = [this, &current](const net::Endpoint& local) {
        link_ = context().link_of(local);
        record(current).link = link_;
      };
    }
    traffic::Conversation conversation(machine(0), std::move(options));
    while (playback_.loaded() < video_.length) {
      const auto media = std::min(video_.segment, video_.length - playback_.loaded());
      const auto room = video_.buffer - media - playback_.ahead(now());
      if (room < Duration::zero()) {
        if (const auto error = co_await clock().sleep_for(-room)) co_return;
      }
      current = begin_record();
      co_await load(conversation, current, bytes_of(media));
      playback_.add(media, now());
    }
  }

  std::uint64_t bytes_of(Duration media) const {
    const std::chrono::duration<double> seconds = media;
    const auto bits = static_cast<double>(video_.bitrate.bits_per_second) * seconds.count();
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(bits / 8));
  }

  // Until it is there.
  Task<void> load(traffic::Conversation& conversation, std::size_t index, std::uint64_t bytes) {
    for (std::uint64_t attempt = 1;; ++attempt) {
      record(index).attempts = attempt;
      record(index).link = conversation.is_open() ? link_ : "";
      const auto result = co_await conversation.exchange(bytes, deadline_after(video_.timeout));
      fill_record(index, result);
      if (record(index).completed) break;
      if (const auto error = co_await clock().sleep_for(kRetryDelay)) co_return;
    }
    end_record(index);
  }

  const VideoSpec& video_;
  Playback playback_;
  std::string link_;
};

}  // namespace

std::unique_ptr<WorkloadRun> make_video_run(const WorkloadSpec& spec, WorkloadContext context) {
  return std::make_unique<VideoRun>(spec, std::move(context));
}

}  // namespace dispatch::scenario
