// What a run has shown: plain data, for reports, for Python and for expectations.
//
// Times count from the start of the simulation.
#pragma once

#include "engine/traffic/pattern.hpp"
#include "sim/link/link.hpp"
#include "sim/scenario/error.hpp"
#include "sim/scenario/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::scenario {

using sim::LinkState;

// One line of a link's time series. Counts are totals since the start.
struct LinkSample {
  Duration at{};
  std::uint64_t payload_down = 0;  // bytes that the engine received over the link and relayed
  std::uint64_t payload_up = 0;
  std::uint64_t wire_down = 0;  // bytes of IP packets that the link delivered
  std::uint64_t wire_up = 0;
  std::uint64_t drops_down = 0;  // packets: queue full, random loss or fault
  std::uint64_t drops_up = 0;
  std::uint64_t queue_down = 0;  // bytes waiting now
  std::uint64_t queue_up = 0;
  std::uint64_t dials = 0;          // connections that the engine tried, total
  std::uint64_t dial_failures = 0;  // of these, not established
  std::uint64_t connections = 0;    // established by the engine, total
  std::uint64_t live = 0;           // of these, not yet ended
  std::uint64_t rate_down = 0;      // bit/s, as configured now
  std::uint64_t rate_up = 0;
  LinkState state = LinkState::up;
  bool healthy = false;  // in the engine's eyes: a link of it is up
};

struct DropCount {
  std::string reason;  // "queue-full", ...
  std::uint64_t packets = 0;
};

struct LinkResult {
  std::string name;
  std::size_t machine = 0;     // as of LinkSpec
  LinkSample total;            // at the end
  std::optional<Ratio> share;  // of the payload of its machine's links; none: no bytes at all
  std::optional<Ratio> connection_share;
  std::optional<Rate> goodput;        // payload, between its first and last byte (to a sample)
  std::vector<DropCount> drops_down;  // of all that the link dropped; no reason that did not occur
  std::vector<DropCount> drops_up;
  std::vector<LinkSample> series;  // at every sample interval, and at the end
};

// One line of a connection's time series, as TCP_INFO has it. Counts are totals since it began.
struct FlowSample {
  Duration at{};
  std::uint64_t congestion_window = 0;     // segments
  std::uint64_t slow_start_threshold = 0;  // segments; 0: none yet
  std::uint64_t in_flight = 0;             // segments, sent and not acknowledged
  Duration smoothed_rtt{};
  Duration minimum_rtt{};
  std::uint64_t unacked = 0;    // bytes, written and not acknowledged
  std::uint64_t delivered = 0;  // bytes that the peer has acknowledged
  std::uint64_t received = 0;   // bytes, in order
  std::uint64_t retransmits = 0;
  std::uint64_t delivery_rate = 0;  // bytes per second, the newest estimate
};

// One end of a TCP connection, while it was there at a sample and not in TIME_WAIT.
struct FlowResult {
  std::string host;
  std::string local;
  std::string remote;
  std::string link;  // that it leaves or comes by; empty: none of the scenario's
  std::vector<FlowSample> series;
};

// One transfer or request: its last attempt, and how many there were.
struct TransferRecord {
  Duration started{};                 // of the first attempt
  std::optional<Duration> connected;  // of the last attempt, as the rest
  std::optional<Duration> first_byte;
  std::optional<Duration> last_byte;  // of any body, that has passed
  Duration ended{};
  std::uint64_t bytes = 0;
  std::uint64_t attempts = 1;
  bool completed = false;
  bool intact = false;  // completed, and every byte was the right one
  std::string failure;  // why not, for people
  std::string link;     // that the proxy gave it; empty: not known, or it did not get so far

  Duration latency() const { return ended - started; }
};

struct WorkloadSample {
  Duration at{};
  std::uint64_t bytes = 0;  // of payload, of all attempts, total
  std::uint64_t active = 0;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
};

// Of requests that a fleet executed, beside what their targets saw.
struct ExecutedResult {
  std::uint64_t lost = 0;         // nothing was heard of them within their time and a moment
  std::uint64_t twice = 0;        // executed more than once by the target
  std::uint64_t unaccounted = 0;  // answered, and unknown to the target; or known to it, and by the
                                  // fleet's history never sent
  std::uint64_t at_target = 0;    // executions
};

struct WorkloadResult {
  std::string name;
  std::string kind;             // "download", "requests", ... as in the file
  std::uint64_t transfers = 0;  // that should have been made; completed + failed
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;    // those not ended when the run stopped included
  std::uint64_t attempts = 0;  // at least one for each that was started
  std::uint64_t bytes = 0;     // of payload that arrived, failed attempts included
  bool intact = false;         // some completed, and every byte of these was right
  Duration started{};
  std::optional<Duration> ended;        // none: it had not ended when the run stopped
  std::optional<Rate> goodput;          // bytes of completed transfers over started..ended
  std::vector<TransferRecord> records;  // in the order of their start
  std::vector<WorkloadSample> series;

  // Of a video: until it began; how often, and how long in all, it stood still after that.
  std::optional<Duration> startup;
  std::optional<std::uint64_t> stalls;
  std::optional<Duration> stall_time;
  // Of a call: sent, and come back; how long each took there and back, in the order of arrival.
  std::optional<std::uint64_t> datagrams;
  std::uint64_t datagrams_back = 0;
  // Of a stream: datagrams sent, and `datagrams_back` that have arrived; and of these the ones that
  // were made good or sent again, and how many came twice.
  std::optional<std::uint64_t> repaired;
  std::uint64_t duplicates = 0;
  std::optional<Duration> jitter;  // of these, smoothed as RFC 3550 has it
  std::vector<Duration> round_trips;
  // Of a workload that a fleet executes.
  std::optional<ExecutedResult> executed;

  // Of the completed ones; of a call, of its datagrams; none where there is none. `percent` 0 to
  // 100: the smallest latency that so many percent do not exceed (nearest rank).
  std::optional<Duration> latency_percentile(unsigned percent) const;
  std::optional<Duration> latency_mean() const;
};

struct ExpectationResult {
  Position position;
  std::string text;
  bool passed = false;
  std::string observed;    // "60.1 %": what there was
  std::string reason;      // of a failure, one line with the observed value
  bool sometimes = false;  // of many runs, it need hold in one only
};

struct Result {
  std::string scenario;  // its name
  std::string source;    // its file
  std::uint64_t seed = 0;
  std::vector<LinkResult> links;  // in the order of the scenario, as the rest
  std::vector<WorkloadResult> workloads;
  std::vector<ExpectationResult> expectations;
  std::vector<FlowResult> flows;  // where they were asked for, in the order of their making
  traffic::Content content = traffic::Content::checked;  // counted: no byte was checked
  Duration last_event{};                                 // when the last event began; 0: none
  bool hit_time_limit = false;                           // stopped by `duration`, with work left
  Duration end{};                                        // simulated time when it stopped
  std::uint64_t event_hash = 0;
  std::uint64_t events = 0;   // of the simulation's queue
  std::uint64_t packets = 0;  // that the links delivered

  // All expectations held.
  bool passed() const;
  const LinkResult* link(std::string_view name) const;  // null: there is none
  const WorkloadResult* workload(std::string_view name) const;
};

// The event hash as 16 hexadecimal digits.
std::string hash_text(std::uint64_t hash);

}  // namespace dispatch::scenario
