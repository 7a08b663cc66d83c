#include "engine/proxy/udp_batch.hpp"

namespace dispatch::proxy {
namespace {

constexpr std::size_t kBufferSize = 65536;
// Buffers a power of two apart would share the same few sets of the processor's caches.
constexpr std::size_t kDistance = kBufferSize + 33 * 64;

}  // namespace

UdpBatch::UdpBatch() : bytes_(std::make_unique_for_overwrite<std::byte[]>(kSlots * kDistance)) {
  for (std::size_t i = 0; i < kSlots; ++i) {
    slots_[i].buffer = {bytes_.get() + i * kDistance, kBufferSize};
  }
}

}  // namespace dispatch::proxy
