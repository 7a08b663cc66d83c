// A connection that is made, and made anew when it is lost.
#pragma once

#include "engine/stream/byte_output.hpp"
#include "engine/stream/connector.hpp"

namespace dispatch::stream {

// While there is no connection, what comes waits in the backlog, as its policy has it.
class ConnectOutput final : public ByteOutput {
 public:
  ConnectOutput(Hub& hub, net::Runtime& runtime, std::string name, Slowness slowness,
                Connector connector);

  net::Task<void> run() override;

 private:
  Connector connector_;
};

}  // namespace dispatch::stream
