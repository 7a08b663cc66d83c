// The models of a link, each read by one function. Internal to load_link.cpp.
#pragma once

#include "sim/link/link_options.hpp"
#include "sim/scenario/yaml_reader.hpp"

namespace dispatch::scenario {

// `20 Mbit/s`, `unlimited`, {token_bucket: ...} or {trace: FILE}.
sim::RateModel read_rate_model(const YamlValue& value);
sim::RateModel read_token_bucket(const YamlValue& value);
sim::RateModel read_trace(const YamlValue& value);

// `0.2%`, or a map of one model.
sim::LossModel read_loss(const YamlValue& value);
double read_probability(const YamlValue& value);

// `3ms`, or a map of one shape.
sim::Jitter read_jitter(const YamlValue& value);
// `1%`, or {share:, gap:, by:}.
sim::Reordering read_reorder(const YamlValue& value);

// `250 kB`, `100 packets`, `codel`, `fq_codel`, or a map of one discipline.
sim::QueueModel read_queue(const YamlValue& value);

// {every:, for:, from:}, and of a handover delay: as well.
sim::Suspension read_suspend(const YamlValue& value);
sim::Handover read_handover(const YamlValue& value);

}  // namespace dispatch::scenario
