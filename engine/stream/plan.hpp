// What a stream command is to do.
#pragma once

#include "engine/link/link_spec.hpp"
#include "engine/link/probe.hpp"
#include "engine/stream/endpoint_spec.hpp"
#include "engine/stream/file_series.hpp"
#include "engine/stream/output.hpp"
#include "engine/stream/parity.hpp"
#include "engine/stream/record_format.hpp"
#include "engine/stream/spread_mode.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace dispatch::stream {

// What has a file of its own, of all files that are written: their names, a dot, and its name.
enum class Apart : std::uint8_t {
  nothing,
  listener,  // where it listens
  stream,    // of frames: its number
  sender,    // of datagrams: its address and port
};

struct Plan {
  // Inputs: what others send to, or connect to; and what is opened: files, the standard input, and
  // connections.
  std::vector<EndpointSpec> listen;
  std::vector<EndpointSpec> from;
  // Outputs: what is opened, and what others connect to.
  std::vector<EndpointSpec> to;
  std::vector<EndpointSpec> serve;
  // Inputs go to this group first, and outputs get what is heard there.
  std::optional<EndpointSpec> via;
  Apart apart = Apart::nothing;

  // Outputs leave by these; with a spread, each UDP output by all of them, else by the one that it
  // names. `probes`: what they are asked, so that it is known which of them work.
  std::vector<link::LinkSpec> links;
  std::optional<SpreadMode> spread{};
  std::vector<link::ProbeSpec> probes;

  // The datagrams of UDP inputs, and of `via`, are frames; those of UDP outputs become frames.
  bool framed_in = false;
  bool framed_out = false;
  std::optional<std::uint32_t> stream{};  // the number of what is framed; none: by chance
  // What comes as frames is put in order, and waits for so long for what is missing; what leaves as
  // frames is kept for so long, for receivers that miss some of it. 0: neither.
  net::Duration repair{};
  ParityShape parity{};  // of what leaves as frames
  // The command ends when every stream that has come has ended.
  bool until_end = false;

  std::size_t datagram_bytes = 0;  // in which byte streams are cut; 0: as the outputs' MTUs have it
  std::uint64_t bytes_per_second = 0;  // of each file that is read; 0: as fast as it goes
  Slowness slowness;
  FilePolicy file_policy;
  RecordFormat record_format = RecordFormat::raw;  // of files that are written
  std::size_t receive_buffer = 8 << 20;  // bytes that may wait in the kernel for each UDP input
  net::Duration drain = std::chrono::seconds(5);  // how long outputs may take once it is stopped
};

}  // namespace dispatch::stream
