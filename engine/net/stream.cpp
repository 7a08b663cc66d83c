#include "engine/net/stream.hpp"

#include <vector>

namespace dispatch::net {
namespace {

// Of a relay that waits or passes messages on, and of one whose source has more than that.
constexpr std::size_t kLittleBytes = 1024;
constexpr std::size_t kBulkBytes = 64 * 1024;

}  // namespace

Task<RelayEnd> Stream::relay_to(Stream& sink, Meter meter) {
  std::vector<std::byte> buffer(kLittleBytes);
  for (std::size_t last = 0;;) {
    const auto size = last < kLittleBytes ? kLittleBytes : kBulkBytes;
    if (buffer.size() != size) buffer = std::vector<std::byte>(size);
    const auto got = co_await read_some(buffer);
    if (!got) co_return RelayEnd{RelayEnd::Side::source, got.error()};
    if (*got == 0) co_return RelayEnd{};
    last = *got;
    auto left = std::span<const std::byte>(buffer).first(*got);
    meter.show(left);
    while (!left.empty()) {
      auto part = left;
      if (meter.is_paced()) {
        part = left.first(meter.pace->portion(left.size()));
        const auto error = co_await meter.pace->pass(part.size());
        if (error) co_return RelayEnd{RelayEnd::Side::sink, error};
      }
      const auto taken = co_await sink.write_some(part);
      if (!taken) co_return RelayEnd{RelayEnd::Side::sink, taken.error()};
      meter.took(*taken, part.size());
      left = left.subspan(*taken);
    }
  }
}

Task<Result<std::size_t>> Stream::discard_some(std::size_t most) {
  std::vector<std::byte> buffer(std::min(most, kBulkBytes));
  co_return co_await read_some(buffer);
}

Task<Result<std::size_t>> Stream::write_blank(std::size_t most) {
  const std::vector<std::byte> zeros(std::min(most, kBulkBytes));
  co_return co_await write_some(zeros);
}

Task<Status> write_all(Stream& stream, std::span<const std::byte> data, TimePoint deadline) {
  while (!data.empty()) {
    const auto taken = co_await stream.write_some(data, deadline);
    if (!taken) co_return taken.error();
    data = data.subspan(*taken);
  }
  co_return Status{};
}

Task<Result<std::size_t>> read_full(Stream& stream, std::span<std::byte> buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const auto got = co_await stream.read_some(buffer.subspan(filled));
    if (!got) co_return got.error();
    if (*got == 0) break;
    filled += *got;
  }
  co_return filled;
}

}  // namespace dispatch::net
