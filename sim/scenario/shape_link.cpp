// Links, their directions and their models (docs/links.md).
#include "sim/scenario/shape_kinds.hpp"
#include "sim/scenario/shape_link_models.hpp"

namespace dispatch::scenario {

using namespace kinds;

namespace {

// "100 packets" is a text.
ShapePtr limit() {
  return either_of({bytes(), text()});
}

ShapePtr rate_value() {
  return either_of({shape_of(Shape::Kind::rate), choice_of({"unlimited"}), rate_model_shape()});
}

// Of each direction, and of both together.
std::vector<ShapeKey> model_keys(std::vector<ShapeKey> more) {
  std::vector<ShapeKey> keys{
      {"rate", "of the line, headers included; or unlimited", rate_value()},
      {"token_bucket", "in place of a rate", token_bucket_shape()},
      {"trace", "in place of a rate: a file in the format of Mahimahi", text()},
      {"delay", "one way; 10ms by default", duration()},
      {"jitter", "how much more or less than the delay; or another distribution",
       either_of({duration(), jitter_shape()})},
      {"loss", "of packets, each by itself; or a model", either_of({percentage(), loss_shape()})},
      {"queue", "what may wait to be sent; or a discipline", either_of({limit(), queue_shape()})},
      {"duplicate", "of packets, that arrive twice", percentage()},
      {"corrupt", "of packets, that arrive with a wrong checksum", percentage()},
      {"reorder", "of packets, that overtake", either_of({percentage(), reorder_shape()})},
      {"suspend", "when nothing is sent, as Wi-Fi has it",
       either_of({choice_of({"none"}), pause_shape()})},
      {"handover", "when nothing is sent, and the delay is another one after that",
       either_of({choice_of({"none"}), handover_shape()})}};
  keys.insert(keys.end(), more.begin(), more.end());
  return keys;
}

std::vector<ShapeKey> both_directions(std::vector<ShapeKey> more) {
  std::vector<ShapeKey> keys{{"down", "towards the machine: a rate, or what is different",
                              either_of({rate_value(), direction_shape(true)})},
                             {"up", "away from it: a rate, or what is different",
                              either_of({rate_value(), direction_shape(false)})}};
  keys.insert(keys.end(), more.begin(), more.end());
  return model_keys(std::move(keys));
}

}  // namespace

ShapePtr token_bucket_shape() {
  static const auto kShape =
      map_of("a token bucket",
             {{"rate", "in the long run", shape_of(Shape::Kind::rate), true},
              {"burst", "what may pass at once", bytes(), true},
              {"peak", "of a burst; unlimited by default", shape_of(Shape::Kind::rate)}});
  return kShape;
}

ShapePtr rate_model_shape() {
  static const auto kShape = map_of("a rate",
                                    {{"token_bucket", "a bucket of tokens", token_bucket_shape()},
                                     {"trace", "a file in the format of Mahimahi", text()}},
                                    {{"token_bucket", "trace"}});
  return kShape;
}

ShapePtr gilbert_elliott_shape() {
  static const auto kShape =
      map_of("gilbert_elliott", {{"p", "from good to bad, with each packet", percentage(), true},
                                 {"r", "from bad to good", percentage(), true},
                                 {"good", "lost in the good state", percentage()},
                                 {"bad", "lost in the bad state", percentage()}});
  return kShape;
}

ShapePtr bursts_shape() {
  static const auto kShape =
      map_of("bursts", {{"loss", "of all packets", percentage(), true},
                        {"length", "of a burst, packets in the mean", count(), true}});
  return kShape;
}

ShapePtr correlated_shape() {
  static const auto kShape = map_of(
      "correlated", {{"loss", "of all packets", percentage(), true},
                     {"correlation", "with the fate of the packet before", percentage(), true}});
  return kShape;
}

ShapePtr loss_shape() {
  static const auto kShape =
      map_of("a loss",
             {{"gilbert_elliott", "a line that is good or bad", gilbert_elliott_shape()},
              {"bursts", "several packets in a row", bursts_shape()},
              {"correlated", "as netem has it", correlated_shape()},
              {"packets", "just these, by number: [3, 7, 10..14]",
               one_or_more_of(either_of({count(), text()}))}},
             {{"gilbert_elliott", "bursts", "correlated", "packets"}});
  return kShape;
}

ShapePtr jitter_shape() {
  static const auto kShape =
      map_of("a jitter",
             {{"uniform", "evenly so much more or less", duration()},
              {"normal", "with this standard deviation", duration()},
              {"pareto", "mostly little, sometimes much more", duration()},
              {"distribution", "delays to be added, from the least to the greatest",
               one_or_more_of(duration())},
              {"file", "with one delay in milliseconds a line", text()},
              {"reorder", "whether packets overtake each other", truth()}},
             {{"uniform", "normal", "pareto", "distribution", "file"}});
  return kShape;
}

ShapePtr reorder_shape() {
  static const auto kShape =
      map_of("a reordering", {{"share", "of packets, that overtake", percentage(), true},
                              {"gap", "only each so many-th", count()},
                              {"by", "how much sooner they are", duration()}});
  return kShape;
}

ShapePtr pause_shape() {
  static const auto kShape =
      map_of("a suspension", {{"every", "from one to the next", duration(), true},
                              {"for", "how long it lasts", duration(), true},
                              {"from", "when the first one begins", duration()}});
  return kShape;
}

ShapePtr handover_shape() {
  static const auto kShape =
      map_of("a handover", {{"every", "from one to the next", duration(), true},
                            {"for", "how long nothing is sent", duration(), true},
                            {"from", "when the first one begins", duration()},
                            {"delay", "of the cells, in turns", one_or_more_of(duration())}});
  return kShape;
}

ShapePtr codel_shape() {
  static const auto kShape =
      map_of("codel", {{"target", "a wait that is fine", duration()},
                       {"interval", "for which it may be longer", duration()},
                       {"limit", "what may wait", limit()},
                       {"ecn", "marks in place of dropping", truth()}});
  return kShape;
}

ShapePtr fq_codel_shape() {
  static const auto kShape =
      map_of("fq_codel", {{"target", "a wait that is fine", duration()},
                          {"interval", "for which it may be longer", duration()},
                          {"limit", "what may wait", limit()},
                          {"ecn", "marks in place of dropping", truth()},
                          {"flows", "queues", count()},
                          {"quantum", "of a queue's turn", bytes()}});
  return kShape;
}

ShapePtr red_shape() {
  static const auto kShape = map_of("red", {{"min", "from which on it drops", bytes(), true},
                                            {"max", "from which on it drops most", bytes(), true},
                                            {"limit", "what may wait", bytes(), true},
                                            {"probability", "of dropping, at max", percentage()},
                                            {"ecn", "marks in place of dropping", truth()}});
  return kShape;
}

ShapePtr queue_shape() {
  static const auto kShape = map_of("a queue",
                                    {{"codel", "RFC 8289", nothing_or(codel_shape())},
                                     {"fq_codel", "RFC 8290", nothing_or(fq_codel_shape())},
                                     {"red", "random early detection", red_shape()}},
                                    {{"codel", "fq_codel", "red"}});
  return kShape;
}

ShapePtr direction_shape(bool down) {
  static const auto kDown = map_of("the down direction", model_keys({}));
  static const auto kUp = map_of("the up direction", model_keys({}));
  return down ? kDown : kUp;
}

ShapePtr step_shape() {
  static const auto kShape = map_of("a step of a schedule",
                                    both_directions({{"at", "when", duration(), true},
                                                     {"over", "evenly over so long", duration()}}));
  return kShape;
}

ShapePtr schedule_shape() {
  static const auto kShape =
      map_of("a schedule", {{"repeat", "from the beginning, after so long", duration()},
                            {"steps", "what changes, and when", list_of(step_shape()), true}});
  return kShape;
}

ShapePtr link_shape() {
  static const auto kShape =
      map_of("a link",
             both_directions(
                 {{"half_duplex", "both directions share one line", truth()},
                  {"mtu", "of the interface; 1500 B by default", bytes()},
                  {"path_mtu", "of the path behind it", bytes()},
                  {"pmtu_black_hole", "nobody is told of what is too large for the path", truth()},
                  {"schedule", "changes that belong to the link",
                   either_of({list_of(step_shape()), schedule_shape()})},
                  {"address", "of the interface, one or more", one_or_more_of(text())},
                  {"nat", "behind it", either_of({truth(), nothing_or(nat_shape())})},
                  {"portal", "a captive portal", either_of({truth(), nothing_or(portal_shape())})},
                  {"dns", "how name servers treat those who ask by it", dns_behaviour_shape()}}));
  return kShape;
}

ShapePtr link_change_shape() {
  static const auto kShape = map_of("what a link is set to", both_directions({}));
  return kShape;
}

}  // namespace dispatch::scenario
