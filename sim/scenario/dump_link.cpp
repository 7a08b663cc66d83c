#include "sim/scenario/dump_parts.hpp"
#include "sim/scenario/plan.hpp"

#include <cmath>

namespace dispatch::scenario {
namespace {

void begin(YAML::Emitter& out, const char* key) {
  out << YAML::Key << key << YAML::Value << YAML::Flow << YAML::BeginMap;
}

// Probabilities were percentages in whole parts per billion.
std::string percent(double probability) {
  return to_string(Ratio{static_cast<std::uint64_t>(std::llround(probability * Ratio::kWhole))});
}

std::string text_of(sim::DataRate rate) {
  return rate.is_unlimited() ? "unlimited" : to_string(Rate{rate.bits_per_second()});
}

std::string text_of(sim::ByteSize size) {
  return to_string(Bytes{size.bytes()});
}

std::string text_of(const sim::QueueLimit& limit) {
  if (limit.bytes) return text_of(*limit.bytes);
  return std::to_string(limit.packets.value_or(0)) + " packets";
}

void rate_entry(YAML::Emitter& out, const sim::RateModel& model) {
  if (const auto* rate = std::get_if<sim::DataRate>(&model)) {
    return dump_entry(out, "rate", text_of(*rate));
  }
  if (const auto* trace = std::get_if<sim::TracePtr>(&model)) {
    return dump_entry(out, "trace", (*trace)->file);
  }
  const auto& bucket = std::get<sim::TokenBucket>(model);
  begin(out, "token_bucket");
  dump_entry(out, "rate", text_of(bucket.rate));
  dump_entry(out, "burst", text_of(bucket.burst));
  if (!bucket.peak.is_unlimited()) dump_entry(out, "peak", text_of(bucket.peak));
  out << YAML::EndMap;
}

void delays(YAML::Emitter& out, const char* key, const std::vector<Duration>& list) {
  out << YAML::Key << key << YAML::Value << YAML::Flow << YAML::BeginSeq;
  for (const auto& each : list) out << to_string(each);
  out << YAML::EndSeq;
}

void jitter_entry(YAML::Emitter& out, const sim::Jitter& jitter) {
  using Shape = sim::Jitter::Shape;
  if (jitter.shape == Shape::none || (jitter.shape == Shape::uniform && !jitter.reorders)) {
    return dump_entry(out, "jitter", to_string(jitter.amount));
  }
  begin(out, "jitter");
  switch (jitter.shape) {
    case Shape::none:
    case Shape::uniform:
      dump_entry(out, "uniform", to_string(jitter.amount));
      break;
    case Shape::normal:
      dump_entry(out, "normal", to_string(jitter.amount));
      break;
    case Shape::pareto:
      dump_entry(out, "pareto", to_string(jitter.amount));
      break;
    case Shape::table:
      if (!jitter.table->file.empty()) {
        dump_entry(out, "file", jitter.table->file);
      } else {
        delays(out, "distribution", jitter.table->quantiles);
      }
      break;
  }
  if (jitter.reorders) dump_entry(out, "reorder", true);
  out << YAML::EndMap;
}

struct LossEntry {
  YAML::Emitter& out;

  void operator()(double probability) const { dump_entry(out, "loss", percent(probability)); }
  void operator()(const sim::GilbertElliott& line) const {
    open("gilbert_elliott");
    dump_entry(out, "p", percent(line.p));
    dump_entry(out, "r", percent(line.r));
    dump_entry(out, "good", percent(line.good));
    dump_entry(out, "bad", percent(line.bad));
    close();
  }
  void operator()(const sim::LossBursts& bursts) const {
    open("bursts");
    dump_entry(out, "loss", percent(bursts.loss));
    dump_entry(out, "length", std::llround(bursts.length));
    close();
  }
  void operator()(const sim::CorrelatedLoss& model) const {
    open("correlated");
    dump_entry(out, "loss", percent(model.loss));
    dump_entry(out, "correlation", percent(model.correlation));
    close();
  }
  void operator()(const sim::ScriptedLoss& script) const {
    begin(out, "loss");
    out << YAML::Key << "packets" << YAML::Value << YAML::Flow << YAML::BeginSeq;
    for (const auto& range : script.packets) {
      const auto first = std::to_string(range.first);
      out << (range.first == range.last ? first : first + ".." + std::to_string(range.last));
    }
    out << YAML::EndSeq << YAML::EndMap;
  }

 private:
  void open(const char* kind) const {
    begin(out, "loss");
    begin(out, kind);
  }
  void close() const { out << YAML::EndMap << YAML::EndMap; }
};

struct QueueEntry {
  YAML::Emitter& out;

  void operator()(const sim::QueueLimit& limit) const { dump_entry(out, "queue", text_of(limit)); }
  void operator()(const sim::Codel& codel) const {
    open("codel");
    times(codel);
    close();
  }
  void operator()(const sim::FqCodel& codel) const {
    open("fq_codel");
    times(codel);
    dump_entry(out, "flows", codel.flows);
    dump_entry(out, "quantum", text_of(sim::ByteSize::bytes(codel.quantum)));
    close();
  }
  void operator()(const sim::Red& red) const {
    open("red");
    dump_entry(out, "min", text_of(red.min));
    dump_entry(out, "max", text_of(red.max));
    dump_entry(out, "limit", text_of(red.limit));
    dump_entry(out, "probability", percent(red.probability));
    dump_entry(out, "ecn", red.ecn);
    close();
  }

 private:
  template <typename Options>
  void times(const Options& options) const {
    dump_entry(out, "target", to_string(options.target));
    dump_entry(out, "interval", to_string(options.interval));
    dump_entry(out, "limit", text_of(options.limit));
    dump_entry(out, "ecn", options.ecn);
  }
  void open(const char* kind) const {
    begin(out, "queue");
    begin(out, kind);
  }
  void close() const { out << YAML::EndMap << YAML::EndMap; }
};

void reorder_entry(YAML::Emitter& out, const sim::Reordering& reorder) {
  begin(out, "reorder");
  dump_entry(out, "share", percent(reorder.share));
  dump_entry(out, "gap", reorder.gap);
  if (reorder.by != Duration::max()) dump_entry(out, "by", to_string(reorder.by));
  out << YAML::EndMap;
}

void pause_entries(YAML::Emitter& out, const sim::Suspension& pause) {
  dump_entry(out, "every", to_string(pause.every));
  dump_entry(out, "for", to_string(pause.length));
  dump_entry(out, "from", to_string(pause.from));
}

void suspend_entry(YAML::Emitter& out, const sim::Suspension& suspend) {
  if (suspend == sim::Suspension{}) return dump_entry(out, "suspend", "none");
  begin(out, "suspend");
  pause_entries(out, suspend);
  out << YAML::EndMap;
}

void handover_entry(YAML::Emitter& out, const sim::Handover& handover) {
  if (handover == sim::Handover{}) return dump_entry(out, "handover", "none");
  begin(out, "handover");
  pause_entries(out, handover.pause);
  if (!handover.delays.empty()) delays(out, "delay", handover.delays);
  out << YAML::EndMap;
}

// What is off has no entry, but for the keys that every link has.
void direction_entry(YAML::Emitter& out, const char* key, const DirectionSpec& direction) {
  begin(out, key);
  rate_entry(out, direction.rate);
  dump_entry(out, "delay", to_string(direction.delay));
  jitter_entry(out, direction.jitter);
  std::visit(LossEntry{out}, direction.loss);
  std::visit(QueueEntry{out}, queue_of(direction));
  if (direction.duplicate > 0) dump_entry(out, "duplicate", percent(direction.duplicate));
  if (direction.corrupt > 0) dump_entry(out, "corrupt", percent(direction.corrupt));
  if (direction.reorder.share > 0) reorder_entry(out, direction.reorder);
  if (direction.suspend != sim::Suspension{}) suspend_entry(out, direction.suspend);
  if (direction.handover != sim::Handover{}) handover_entry(out, direction.handover);
  out << YAML::EndMap;
}

void change_entry(YAML::Emitter& out, const char* key, const DirectionChange& change) {
  if (change == DirectionChange{}) return;
  begin(out, key);
  if (change.rate) rate_entry(out, *change.rate);
  if (change.delay) dump_entry(out, "delay", to_string(*change.delay));
  if (change.jitter) jitter_entry(out, *change.jitter);
  if (change.loss) std::visit(LossEntry{out}, *change.loss);
  if (change.queue) std::visit(QueueEntry{out}, *change.queue);
  if (change.duplicate) dump_entry(out, "duplicate", percent(*change.duplicate));
  if (change.corrupt) dump_entry(out, "corrupt", percent(*change.corrupt));
  if (change.reorder) reorder_entry(out, *change.reorder);
  if (change.suspend) suspend_entry(out, *change.suspend);
  if (change.handover) handover_entry(out, *change.handover);
  out << YAML::EndMap;
}

void schedule_entry(YAML::Emitter& out, const ScheduleSpec& schedule) {
  out << YAML::Key << "schedule" << YAML::Value << YAML::BeginMap;
  if (schedule.repeat != Duration::zero()) dump_entry(out, "repeat", to_string(schedule.repeat));
  out << YAML::Key << "steps" << YAML::Value << YAML::BeginSeq;
  for (const auto& step : schedule.steps) {
    out << YAML::Flow << YAML::BeginMap;
    dump_entry(out, "at", to_string(step.at));
    dump_change(out, step.change);
    if (step.change.over != Duration::zero()) dump_entry(out, "over", to_string(step.change.over));
    out << YAML::EndMap;
  }
  out << YAML::EndSeq << YAML::EndMap;
}

}  // namespace

void dump_change(YAML::Emitter& out, const LinkChange& change) {
  change_entry(out, "down", change.down);
  change_entry(out, "up", change.up);
}

void dump_link(YAML::Emitter& out, const Scenario& scenario, std::size_t index) {
  const auto& link = scenario.links[index];
  out << YAML::Key << interface_of(link) << YAML::Value << YAML::BeginMap;
  direction_entry(out, "down", link.down);
  direction_entry(out, "up", link.up);
  if (link.half_duplex) dump_entry(out, "half_duplex", true);
  dump_entry(out, "mtu", text_of(sim::ByteSize::bytes(link.mtu)));
  if (link.path_mtu != 0) dump_entry(out, "path_mtu", text_of(sim::ByteSize::bytes(link.path_mtu)));
  if (link.pmtu_black_hole) dump_entry(out, "pmtu_black_hole", true);
  if (link.nat) dump_nat(out, *link.nat, nat_address(scenario, index, 0));
  if (link.portal) dump_portal(out, *link.portal);
  if (link.dns) dump_dns_behaviour(out, *link.dns);
  if (!link.schedule.steps.empty()) schedule_entry(out, link.schedule);
  out << YAML::Key << "address" << YAML::Value << YAML::Flow << YAML::BeginSeq;
  for (const auto& prefix : addresses_of_link(scenario, index)) out << net::to_string(prefix);
  out << YAML::EndSeq << YAML::EndMap;
}

}  // namespace dispatch::scenario
