// Room for the datagrams that are relayed at one time.
#pragma once

#include "engine/net/datagram.hpp"
#include "engine/proxy/udp_flow.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace dispatch::proxy {

// 2 MiB of address space, of which only what datagrams have filled is memory. What is in it is lost
// at the next turn of the event loop.
class UdpBatch {
 public:
  static constexpr std::size_t kSlots = 32;        // buffers
  static constexpr std::size_t kDatagrams = 1024;  // a buffer may hold several

  UdpBatch();

  std::span<net::DatagramIn> slots() { return slots_; }

  // To be sent next.
  std::array<net::DatagramOut, kDatagrams> out;

  // What a client sends, in the order in which it came; that of one flow is chained.
  struct Item {
    std::span<const std::byte> payload;
    std::int32_t next = UdpFlow::kNone;
  };
  std::array<Item, kDatagrams> items;
  std::size_t item_count = 0;
  std::vector<UdpFlow*> flows;  // that have items

 private:
  std::unique_ptr<std::byte[]> bytes_;
  std::array<net::DatagramIn, kSlots> slots_;
};

// One batch for all associations of an event loop, for as long as there is one.
class UdpBatchPool {
 public:
  std::shared_ptr<UdpBatch> get() {
    auto batch = batch_.lock();
    if (!batch) batch_ = batch = std::make_shared<UdpBatch>();
    return batch;
  }

 private:
  std::weak_ptr<UdpBatch> batch_;
};

}  // namespace dispatch::proxy
