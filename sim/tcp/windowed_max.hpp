// The largest of recent measurements.
#pragma once

#include <array>
#include <cstdint>

namespace dispatch::sim::tcp {

// Over a window of time, in constant memory: the best sample, and the best since it and since that
// one, which take over when it grows old (Linux: lib/win_minmax.c, after Kathleen Nichols). Time is
// any counter.
class WindowedMax {
 public:
  std::uint64_t value() const { return best_[0].value; }

  void add(std::uint64_t value, std::uint32_t time, std::uint32_t window) {
    const Sample sample{value, time};
    if (value >= best_[0].value || time - best_[2].time > window) {
      best_.fill(sample);
      return;
    }
    if (value >= best_[1].value) {
      best_[1] = best_[2] = sample;
    } else if (value >= best_[2].value) {
      best_[2] = sample;
    }
    grow_old(sample, window);
  }

 private:
  struct Sample {
    std::uint64_t value = 0;
    std::uint32_t time = 0;
  };

  void grow_old(const Sample& newest, std::uint32_t window) {
    const auto age = newest.time - best_[0].time;
    if (age > window) {
      best_ = {best_[1], best_[2], newest};
      if (newest.time - best_[0].time > window) best_ = {best_[1], best_[2], newest};
    } else if (best_[1].time == best_[0].time && age > window / 4) {
      best_[1] = best_[2] = newest;  // a quarter without a second best: any will do
    } else if (best_[2].time == best_[1].time && age > window / 2) {
      best_[2] = newest;
    }
  }

  std::array<Sample, 3> best_{};
};

}  // namespace dispatch::sim::tcp
