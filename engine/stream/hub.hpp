// Many inputs to many outputs.
#pragma once

#include "engine/net/async.hpp"
#include "engine/net/condition.hpp"
#include "engine/stream/chunk.hpp"

#include <span>
#include <vector>

namespace dispatch::stream {

class Sink;

// Whatever an input brings goes to every output, within the call: nothing is copied on the way, and
// nothing is kept here. Outputs that keep up send straight from the input's buffer.
class Hub {
 public:
  explicit Hub(net::asio::any_io_executor executor) : room_(std::move(executor)) {}

  // A sink belongs to one hub, and is taken off before it is destroyed.
  void add(Sink& sink);
  void remove(Sink& sink);

  // What is passed on here comes from `hub`, whose inputs wait for this one's outputs too.
  void feeds_from(Hub& hub) { upstream_ = &hub; }

  void pass(std::span<const Chunk> chunks);

  // Whether no sink asks the inputs to wait.
  bool has_room() const;
  // Ends when that is so. Errors: operation_aborted.
  net::Task<net::Status> room();
  // From an output that may have some again.
  void room_made() {
    room_.notify_all();
    if (upstream_ != nullptr) upstream_->room_made();
  }

 private:
  std::vector<Sink*> sinks_;
  Hub* upstream_ = nullptr;
  net::Condition room_;
};

}  // namespace dispatch::stream
