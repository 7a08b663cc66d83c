// What a stream command is to do.
#pragma once

#include "engine/stream/endpoint_spec.hpp"
#include "engine/stream/file_series.hpp"
#include "engine/stream/output.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace dispatch::stream {

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
  // Every file that is written is one for each of `listen`: its name, a dot, and where that
  // listens.
  bool one_file_each = false;

  // The datagrams of UDP inputs, and of `via`, are frames; those of UDP outputs become frames.
  bool framed_in = false;
  bool framed_out = false;
  std::optional<std::uint32_t> stream{};  // the number of what is framed; none: by chance
  // The command ends when every stream that has come has ended.
  bool until_end = false;

  std::size_t datagram_bytes = 0;  // in which byte streams are cut; 0: as the outputs' MTUs have it
  std::uint64_t bytes_per_second = 0;  // of each file that is read; 0: as fast as it goes
  Slowness slowness;
  FilePolicy file_policy;
  std::size_t receive_buffer = 8 << 20;  // bytes that may wait in the kernel for each UDP input
  net::Duration drain = std::chrono::seconds(5);  // how long outputs may take once it is stopped
};

}  // namespace dispatch::stream
