// Where data comes from.
#pragma once

#include "engine/net/async.hpp"
#include "engine/stream/figures.hpp"
#include "engine/stream/hub.hpp"

#include <string>
#include <utility>

namespace dispatch::stream {

class Input {
 public:
  Input(Hub& hub, std::string name) : hub_(hub), name_(std::move(name)) {}
  virtual ~Input() = default;
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // Passes on what comes, until there is no more of it (success), something fails, or this is
  // cancelled (operation_aborted).
  virtual net::Task<net::Status> run() = 0;

  // Ends what run() has begun beside itself. To be called when it is over.
  virtual net::Task<void> stop() { co_return; }

  const std::string& name() const { return name_; }
  virtual Figures figures() const { return figures_; }

 protected:
  void brought(std::uint64_t datagrams, std::uint64_t bytes) {
    figures_.datagrams += datagrams;
    figures_.bytes += bytes;
  }
  Hub& hub() { return hub_; }

 private:
  Hub& hub_;
  std::string name_;
  Figures figures_;
};

}  // namespace dispatch::stream
