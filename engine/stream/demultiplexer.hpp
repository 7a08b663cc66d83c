// Datagrams of each sender by themselves.
#pragma once

#include "engine/net/address.hpp"
#include "engine/stream/hub.hpp"
#include "engine/stream/sink.hpp"

#include <functional>
#include <map>
#include <span>
#include <vector>

namespace dispatch::stream {

class Demultiplexer final : public Sink {
 public:
  // Where the datagrams of a sender go; asked once for each. Null: they came from no address.
  using HubOf = std::function<Hub&(const net::Endpoint* sender)>;

  Demultiplexer(Hub& from, HubOf hub_of);
  ~Demultiplexer() override;

  void take(std::span<const Chunk> chunks) override;
  bool has_room() const override;

 private:
  Hub& hub_for(const Chunk& chunk);

  Hub& from_;
  HubOf hub_of_;
  std::map<net::Endpoint, Hub*> hubs_;
  Hub* nobodys_ = nullptr;
};

}  // namespace dispatch::stream
