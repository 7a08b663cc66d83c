// Whatever comes to one hub goes to another one, too.
#pragma once

#include "engine/stream/hub.hpp"
#include "engine/stream/sink.hpp"

namespace dispatch::stream {

class Junction final : public Sink {
 public:
  // Both outlive it.
  Junction(Hub& from, Hub& to) : from_(from), to_(to) {
    from_.add(*this);
    to_.feeds_from(from_);
  }
  ~Junction() override { from_.remove(*this); }
  Junction(const Junction&) = delete;
  Junction& operator=(const Junction&) = delete;

  void take(std::span<const Chunk> chunks) override { to_.pass(chunks); }
  bool has_room() const override { return to_.has_room(); }

 private:
  Hub& from_;
  Hub& to_;
};

}  // namespace dispatch::stream
