#include "sim/link/line.hpp"

namespace dispatch::sim {

Line::Sender Line::sender_of(const RateModel& model, net::TimePoint now) {
  if (const auto* bucket = std::get_if<TokenBucket>(&model)) return TokenBucketLine(*bucket, now);
  if (const auto* trace = std::get_if<TracePtr>(&model)) return TraceLine(*trace, now);
  return Serialiser(std::get<DataRate>(model));
}

Line::Line(const RateModel& model, net::TimePoint now) : sender_(sender_of(model, now)) {
  adopt(model);
}

void Line::adopt(const RateModel& model) {
  model_ = model;
  const auto* rate = std::get_if<DataRate>(&model_);
  unlimited_ = rate != nullptr && rate->is_unlimited();
}

net::TimePoint Line::begin(ByteSize size, net::TimePoint now) {
  if (auto* serialiser = std::get_if<Serialiser>(&sender_)) return serialiser->begin(size, now);
  if (auto* bucket = std::get_if<TokenBucketLine>(&sender_)) return bucket->begin(size, now);
  return std::get<TraceLine>(sender_).begin(size, now);
}

void Line::set_model(const RateModel& model, net::TimePoint now) {
  const auto* rate = std::get_if<DataRate>(&model);
  auto* serialiser = std::get_if<Serialiser>(&sender_);
  if (rate != nullptr && serialiser != nullptr) {
    serialiser->set_rate(*rate);
  } else if (!same(model, model_)) {
    sender_ = sender_of(model, now);
  }
  adopt(model);
}

net::TimePoint Line::change_model(const RateModel& model, ByteSize size, net::TimePoint now) {
  const auto* rate = std::get_if<DataRate>(&model);
  auto* serialiser = std::get_if<Serialiser>(&sender_);
  adopt(model);
  if (rate != nullptr && serialiser != nullptr) return serialiser->change_rate(*rate, now);
  sender_ = sender_of(model, now);
  return begin(size, now);
}

}  // namespace dispatch::sim
