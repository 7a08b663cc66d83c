#pragma once

#include "engine/net/stream.hpp"

namespace dispatch::conformance {

// A stream that is of no world: relaying to it takes the default way.
class Wrapped final : public net::Stream {
 public:
  explicit Wrapped(net::Stream& inner) : inner_(inner) {}
  net::Task<net::Result<std::size_t>> read_some(std::span<std::byte> buffer,
                                                net::TimePoint deadline) override {
    return inner_.read_some(buffer, deadline);
  }
  net::Task<net::Result<std::size_t>> write_some(std::span<const std::byte> data,
                                                 net::TimePoint deadline) override {
    return inner_.write_some(data, deadline);
  }
  net::Status shutdown_write() override { return inner_.shutdown_write(); }
  void abort() override { inner_.abort(); }
  net::Endpoint local_endpoint() const override { return inner_.local_endpoint(); }
  net::Endpoint remote_endpoint() const override { return inner_.remote_endpoint(); }

 private:
  net::Stream& inner_;
};

}  // namespace dispatch::conformance
