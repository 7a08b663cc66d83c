// What clients do.
#include "sim/scenario/shape_workload.hpp"

#include "sim/scenario/shape_kinds.hpp"

namespace dispatch::scenario {

using namespace kinds;

namespace {

ShapePtr draw(Shape::Kind kind) {
  return either_of({shape_of(kind), draw_map_shape(kind)});
}

// Those of every kind of work.
std::vector<ShapeKey> access_keys(std::string_view target, std::vector<ShapeKey> more) {
  std::vector<ShapeKey> keys{
      {target, "a host, a name of the dns, or an address", text(), true},
      {"via", "how: socks5 by default", choice_of({"socks5", "http", "direct"})},
      {"user", "one of the engine's users", text()},
      {"listener", "the one of listen that it comes by", text()}};
  keys.insert(keys.begin() + 1, more.begin(), more.end());
  return keys;
}

std::vector<ShapeKey> bulk_keys(std::string_view target) {
  return access_keys(
      target, {{"size", "of each transfer", shape_of(Shape::Kind::bytes), true},
               {"count", "transfers in all", count()},
               {"parallel", "at a time", count()},
               {"timeout", "for one attempt", duration()},
               {"stall_timeout", "an attempt without a byte for so long is given up", duration()},
               {"retries", "further attempts, for each transfer", count()},
               {"retry_delay", "before each of them", duration()}});
}

}  // namespace

ShapePtr draw_map_shape(Shape::Kind kind) {
  return map_of("a distribution",
                {{"uniform", "evenly between these two", list_of(shape_of(kind))},
                 {"exponential", "of this mean", shape_of(kind)},
                 {"pareto", "of this mean: many small ones, few huge ones", shape_of(kind)},
                 {"values", "one of these", list_of(shape_of(kind))}},
                {{"uniform", "exponential", "pareto", "values"}});
}

ShapePtr download_shape() {
  static const auto kShape = map_of("a download", bulk_keys("from"));
  return kShape;
}

ShapePtr upload_shape() {
  static const auto kShape = map_of("an upload", bulk_keys("to"));
  return kShape;
}

ShapePtr requests_shape() {
  static const auto kShape = map_of(
      "requests",
      access_keys(
          "to",
          {{"rate", "how many, whatever became of those before", shape_of(Shape::Kind::frequency)},
           {"arrivals", "regular, or at random instants", choice_of({"regular", "poisson"})},
           {"users", "in place of a rate: each waits for the answer", count()},
           {"think", "and thinks before the next; 1s by default", draw(Shape::Kind::duration)},
           {"response", "size of each answer", draw(Shape::Kind::bytes), true},
           {"until", "none is sent from then on", duration(), true},
           {"timeout", "for one request; 30s by default", duration()}}),
      {{"rate", "users"}});
  return kShape;
}

ShapePtr browse_shape() {
  static const auto kShape = map_of(
      "browse",
      access_keys("to",
                  {{"users", "who read; 1 by default", count()},
                   {"pages", "of each user; without it, until", count()},
                   {"until", "no page is begun from then on", duration()},
                   {"think", "between two pages; 5s by default", draw(Shape::Kind::duration)},
                   {"document", "of a page; 50 kB by default", draw(Shape::Kind::bytes)},
                   {"objects", "of a page; 20 by default", draw(Shape::Kind::count)},
                   {"size", "of an object; {pareto: 25 kB} by default", draw(Shape::Kind::bytes)},
                   {"parallel", "connections at a time; 6 by default", count()},
                   {"timeout", "for a page; 30s by default", duration()}}));
  return kShape;
}

ShapePtr chat_shape() {
  static const auto kShape = map_of(
      "chat", access_keys("to", {{"users", "each with a connection; 1 by default", count()},
                                 {"until", "no message is sent from then on", duration(), true},
                                 {"every", "from an answer to the next message; 5s by default",
                                  draw(Shape::Kind::duration)},
                                 {"message", "size; 300 B by default", draw(Shape::Kind::bytes)},
                                 {"timeout", "for an answer; 10s by default", duration()}}));
  return kShape;
}

ShapePtr video_shape() {
  static const auto kShape =
      map_of("video",
             access_keys("from",
                         {{"bitrate", "of the video", shape_of(Shape::Kind::rate), true},
                          {"length", "of the video; 1 min by default", duration()},
                          {"segment", "of what is loaded at a time; 4s by default", duration()},
                          {"buffer", "loaded ahead at most; 20s by default", duration()},
                          {"startup", "loaded before it shows anything; 4s by default", duration()},
                          {"timeout", "for a segment; 10s by default", duration()}}));
  return kShape;
}

ShapePtr call_shape() {
  static const auto kShape = map_of(
      "a call", {{"to", "a host that serves echo, or its address", text(), true},
                 {"rate", "datagrams; 50/s by default", shape_of(Shape::Kind::frequency)},
                 {"size", "of each; 160 B by default", shape_of(Shape::Kind::bytes)},
                 {"until", "none is sent from then on", duration(), true},
                 {"via", "how: socks5 by default (UDP ASSOCIATE)", choice_of({"socks5", "direct"})},
                 {"user", "one of the engine's users", text()},
                 {"listener", "the one of listen that it comes by", text()}});
  return kShape;
}

ShapePtr stream_shape() {
  static const auto kShape = map_of(
      "a stream",
      {{"to", "a host", text(), true},
       {"rate", "of payload; 4 Mbit/s by default", shape_of(Shape::Kind::rate)},
       {"size", "of each datagram; 1200 B by default", shape_of(Shape::Kind::bytes)},
       {"until", "none is sent from then on", duration(), true},
       {"links", "that it leaves by, with their weights; all by default", list_of(text())},
       {"spread", "over them; by default one, as the routes have it",
        choice_of({"distribute", "duplicate"})},
       {"repair", "what is missing is asked for again for so long", duration()},
       {"fec", "DATA:PARITY, so many frames of parity for so many of data", text()},
       {"fec_within", "a group of them is not open for longer; 20ms by default", duration()}});
  return kShape;
}

ShapePtr execute_shape() {
  static const auto kShape =
      map_of("execute", {{"to", "one of the fleet's targets", text(), true},
                         {"rate", "requests; 10/s by default", shape_of(Shape::Kind::frequency)},
                         {"until", "none is sent from then on", duration(), true},
                         {"method", "GET by default", choice_of({"GET", "POST"})},
                         {"timeout", "that the coordinator is given; 10s by default", duration()},
                         {"wait", "before the target answers", duration()},
                         {"attempts", "by different addresses; 3 by default", count()},
                         {"session", "all of them by the same address", text()}});
  return kShape;
}

ShapePtr workload_shape() {
  static const auto kShape = map_of(
      "a workload",
      {{"name", "by which expectations know it", text(), true},
       {"at", "when it begins; 0s by default", duration()},
       {"client", "who does it: a machine, or clients; the first machine by default", text()},
       {"download", "transfers from a host", download_shape()},
       {"upload", "transfers to a host", upload_shape()},
       {"requests", "small answers, one after another", requests_shape()},
       {"browse", "pages with their objects", browse_shape()},
       {"chat", "messages over connections that stay", chat_shape()},
       {"video", "a player with a buffer", video_shape()},
       {"call", "datagrams in a steady rhythm", call_shape()},
       {"stream", "frames from a machine to a host, by dispatch send and record", stream_shape()},
       {"execute", "requests that the fleet executes", execute_shape()}},
      {{"download", "upload", "requests", "browse", "chat", "video", "call", "stream", "execute"}});
  return kShape;
}

}  // namespace dispatch::scenario
