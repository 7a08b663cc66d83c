// A stream command at work: inputs, a hub, outputs, from the opening to the last byte.
#pragma once

#include "engine/net/files.hpp"
#include "engine/net/runtime.hpp"
#include "engine/net/task_group.hpp"
#include "engine/stream/demultiplexer.hpp"
#include "engine/stream/figures.hpp"
#include "engine/stream/framer.hpp"
#include "engine/stream/hub.hpp"
#include "engine/stream/input.hpp"
#include "engine/stream/junction.hpp"
#include "engine/stream/output.hpp"
#include "engine/stream/output_links.hpp"
#include "engine/stream/plan.hpp"
#include "engine/stream/record_format.hpp"
#include "engine/stream/spread.hpp"
#include "engine/stream/subscribers.hpp"
#include "engine/stream/unframer.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::stream {

struct EndpointFigures {
  std::string name;
  bool is_input = false;
  Figures figures;
};

// One event loop's. Everything that it is given outlives it.
class Pipeline {
 public:
  Pipeline(net::Runtime& runtime, net::Files& files, Plan plan);
  ~Pipeline();

  // Throws StreamError and net::ConfigError.
  net::Task<void> open();

  // Ends when every input has come to its end and every output has sent what it had; after stop(),
  // when that is so or the plan's time for it is over. Throws StreamError where an input or an
  // output fails for good.
  net::Task<void> run();

  // No more is taken from the inputs. A second call does not wait for the outputs either.
  void stop();

  // Of framed inputs, by stream; and the datagrams that were no frames.
  std::map<std::uint32_t, SequenceFigures> streams() const;
  std::uint64_t strangers() const { return unframer_ ? unframer_->strangers() : 0; }
  // Of framed outputs: what was asked for again.
  std::uint64_t sent_again() const { return framer_ ? framer_->sent_again() : 0; }

  // Since it was opened: inputs, then outputs, in the order of the plan.
  std::vector<EndpointFigures> figures() const;

 private:
  // A socket by which frames leave, and what comes back to it is heard.
  struct Ears {
    UdpOutput& output;
    UdpOutput::Ears ears;
  };

  // In pipeline_open.cpp.
  void open_links();
  net::Task<void> open_apart();
  void open_framing();
  net::Task<void> open_output(Hub& hub, EndpointSpec spec);
  net::Task<void> open_udp(Hub& hub, EndpointSpec spec);
  UdpOutput& add_udp(Hub& hub, const EndpointSpec& spec, std::vector<net::Endpoint> to,
                     const link::Link* link);
  void listen_for_reports(UdpOutput& output, Sink& to, Spread* spread, std::size_t way);
  void open_file(Hub& hub, const EndpointSpec& spec);
  net::Task<void> open_listener(Hub& hub, EndpointSpec spec);
  net::Task<void> open_source(Hub& hub, EndpointSpec spec);
  Hub& open_part(const std::string& name);
  const link::Link* link_of(const EndpointSpec& spec) const;

  bool has_heard_all() const;
  bool lacks_any() const;
  void fail(const std::string& name, const net::Error& error);
  void fail(std::string why);
  net::Task<void> read(Input& input);
  net::Task<void> finish_frames();
  net::Task<void> flush(Output& output);
  net::Task<void> finish(Subscribers& subscribers);
  net::Task<void> flushed(net::TimePoint& deadline);
  net::Task<void> drain();

  net::Runtime& runtime_;
  net::Files& files_;
  Plan plan_;
  Hub hub_;                             // of the outputs
  Hub inner_;                           // of the inputs, where all goes to a group first
  Hub frames_;                          // of UDP inputs, where they bring frames
  Hub framing_;                         // of UDP outputs, where they send frames
  std::unique_ptr<OutputLinks> links_;  // null: none is named
  std::unique_ptr<Unframer> unframer_;
  std::unique_ptr<Framer> framer_;
  std::vector<std::unique_ptr<Hub>> apart_;           // of what has files of its own
  std::vector<std::unique_ptr<Junction>> junctions_;  // from these to `hub_`
  std::unique_ptr<Demultiplexer> senders_;
  std::vector<std::unique_ptr<Spread>> spreads_;
  std::vector<std::unique_ptr<Recorder>> recorders_;
  std::size_t datagram_bytes_ = 0;
  std::vector<std::unique_ptr<Output>> outputs_;
  std::vector<Ears> ears_;
  std::vector<std::unique_ptr<Subscribers>> subscribers_;
  std::vector<std::unique_ptr<Input>> inputs_;
  net::Condition changed_;
  bool runs_ = false;
  unsigned stops_ = 0;
  std::size_t inputs_left_ = 0;
  std::size_t flushes_left_ = 0;
  std::optional<std::string> failure_;
  std::exception_ptr bug_;
  net::TaskGroup reading_;
  net::TaskGroup writing_;
  net::TaskGroup flushing_;
};

}  // namespace dispatch::stream
