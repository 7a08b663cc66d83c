#include "sim/link/rate_options.hpp"

namespace dispatch::sim {

DataRate DeliveryTrace::mean() const {
  const auto bits = std::uint64_t{opportunities_ms.size()} * kBytes * 8;
  return DataRate::bits_per_second(bits * 1000 / opportunities_ms.back());
}

DataRate mean_rate(const RateModel& model) {
  if (const auto* bucket = std::get_if<TokenBucket>(&model)) return bucket->rate;
  if (const auto* trace = std::get_if<TracePtr>(&model)) return (*trace)->mean();
  return std::get<DataRate>(model);
}

bool same(const RateModel& a, const RateModel& b) {
  const auto* left = std::get_if<TracePtr>(&a);
  const auto* right = std::get_if<TracePtr>(&b);
  return left != nullptr && right != nullptr ? **left == **right : a == b;
}

}  // namespace dispatch::sim
