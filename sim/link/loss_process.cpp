#include "sim/link/loss_process.hpp"

#include <cassert>
#include <utility>

namespace dispatch::sim {

GilbertElliott LossBursts::as_gilbert_elliott() const {
  assert(length >= 1 && loss < 1);
  // The bad state loses everything: r / (p + r) = 1 - loss.
  const double r = 1 / length;
  return {r * loss / (1 - loss), r, 0, 1};
}

void LossProcess::set_model(LossModel model) {
  model_ = std::move(model);
  bad_ = false;
  number_ = 0;
  range_ = 0;
  if (const auto* bursts = std::get_if<LossBursts>(&model_)) line_ = bursts->as_gilbert_elliott();
}

bool LossProcess::loses_by_model(Random& random) {
  if (const auto* line = std::get_if<GilbertElliott>(&model_)) return loses(*line, random);
  if (const auto* model = std::get_if<CorrelatedLoss>(&model_)) return loses(*model, random);
  if (const auto* script = std::get_if<ScriptedLoss>(&model_)) return loses(*script);
  return loses(line_, random);
}

bool LossProcess::loses(const GilbertElliott& line, Random& random) {
  const bool lost = random.bernoulli(bad_ ? line.bad : line.good);
  if (random.bernoulli(bad_ ? line.r : line.p)) bad_ = !bad_;
  return lost;
}

bool LossProcess::loses(const CorrelatedLoss& model, Random& random) {
  const bool same = random.bernoulli(model.correlation);
  const bool fresh = random.bernoulli(model.loss);
  // Before the first packet there was none whose fate it could meet.
  bad_ = same && number_ > 0 ? bad_ : fresh;
  ++number_;
  return bad_;
}

bool LossProcess::loses(const ScriptedLoss& script) {
  ++number_;
  while (range_ < script.packets.size() && script.packets[range_].last < number_) ++range_;
  return range_ < script.packets.size() && script.packets[range_].first <= number_;
}

}  // namespace dispatch::sim
