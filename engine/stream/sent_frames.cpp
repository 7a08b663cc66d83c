#include "engine/stream/sent_frames.hpp"

#include <utility>

namespace dispatch::stream {
namespace {

constexpr std::size_t kSpareMost = 1024;

}  // namespace

void SentFrames::add(const Frame& frame, net::TimePoint now) {
  while (!sent_.empty() &&
         (now - sent_.front().at > span_ || bytes_ + frame.payload.size() > bytes_max_)) {
    forget();
  }
  if (sent_.empty()) first_ = frame.sequence;
  Sent sent;
  if (!spare_.empty()) {
    sent.payload = std::move(spare_.back());
    spare_.pop_back();
  }
  sent.time = frame.time;
  sent.at = now;
  sent.payload.assign(frame.payload.begin(), frame.payload.end());
  bytes_ += sent.payload.size();
  sent_.push_back(std::move(sent));
}

void SentFrames::forget() {
  auto& oldest = sent_.front();
  bytes_ -= oldest.payload.size();
  if (spare_.size() < kSpareMost) spare_.push_back(std::move(oldest.payload));
  sent_.pop_front();
  ++first_;
}

std::optional<Frame> SentFrames::find(std::uint64_t sequence, net::TimePoint now,
                                      net::Duration pause) {
  if (sequence < first_ || sequence - first_ >= sent_.size()) return std::nullopt;
  auto& sent = sent_[sequence - first_];
  if (now - sent.at > span_) return std::nullopt;
  if (sent.found != net::TimePoint::min() && now - sent.found < pause) return std::nullopt;
  sent.found = now;
  Frame frame;
  frame.sequence = sequence;
  frame.time = sent.time;
  frame.payload = sent.payload;
  return frame;
}

}  // namespace dispatch::stream
