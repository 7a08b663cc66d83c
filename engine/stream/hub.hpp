// Many inputs to many outputs.
#pragma once

#include "engine/net/async.hpp"
#include "engine/net/condition.hpp"
#include "engine/stream/chunk.hpp"

#include <span>
#include <vector>

namespace dispatch::stream {

class Output;

// Whatever an input brings goes to every output, within the call: nothing is copied on the way, and
// nothing is kept here. Outputs that keep up send straight from the input's buffer.
class Hub {
 public:
  explicit Hub(net::asio::any_io_executor executor) : room_(std::move(executor)) {}

  // An output belongs to one hub, and is taken off before it is destroyed.
  void add(Output& output);
  void remove(Output& output);
  const std::vector<Output*>& outputs() const { return outputs_; }

  void pass(std::span<const Chunk> chunks);

  // Whether no output asks the inputs to wait.
  bool has_room() const;
  // Ends when that is so. Errors: operation_aborted.
  net::Task<net::Status> room();
  // From an output that may have some again.
  void room_made() { room_.notify_all(); }

 private:
  std::vector<Output*> outputs_;
  net::Condition room_;
};

}  // namespace dispatch::stream
