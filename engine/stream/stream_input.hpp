// Bytes that come over connections: that we make, or that others make.
#pragma once

#include "engine/net/runtime.hpp"
#include "engine/net/task_group.hpp"
#include "engine/stream/connector.hpp"
#include "engine/stream/input.hpp"

#include <cstddef>

namespace dispatch::stream {

// A connection is read to its end, and its bytes are cut into datagrams as those of a file.
class StreamInput : public Input {
 public:
  StreamInput(Hub& hub, net::Runtime& runtime, std::string name, std::size_t datagram_bytes);

 protected:
  // No error: the peer has ended it.
  net::Task<net::Status> read(net::Stream& stream);
  net::Runtime& runtime() { return runtime_; }

 private:
  net::Runtime& runtime_;
  std::size_t datagram_bytes_;
};

// A connection that is made anew when it has ended.
class ConnectInput final : public StreamInput {
 public:
  ConnectInput(Hub& hub, net::Runtime& runtime, std::string name, std::size_t datagram_bytes,
               Connector connector);

  net::Task<net::Status> run() override;

 private:
  Connector connector_;
};

// Any number of connections at a time.
class ListenInput final : public StreamInput {
 public:
  ListenInput(Hub& hub, net::Runtime& runtime, std::size_t datagram_bytes, Acceptor acceptor);

  net::Task<net::Status> run() override;
  net::Task<void> stop() override;

 private:
  net::Task<void> serve(net::StreamPtr stream);

  Acceptor acceptor_;
  net::TaskGroup serving_;
};

}  // namespace dispatch::stream
