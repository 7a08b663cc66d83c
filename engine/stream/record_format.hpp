// How datagrams stand in a file.
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/clock.hpp"
#include "engine/stream/hub.hpp"
#include "engine/stream/sink.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace dispatch::stream {

enum class RecordFormat : std::uint8_t {
  raw,    // their bytes, behind each other
  timed,  // before each a line "2026-01-31T23:59:59.123456789Z 192.0.2.7:9000 1400", and its length
          // in bytes is the last word; behind it the end of a line
  pcapng,  // packets of a capture (draft-ietf-opsawg-pcapng), for Wireshark and its like
};

// What a file begins with.
std::vector<std::byte> record_preamble(RecordFormat format);

// "2026-01-31T23:59:59.123456789Z"
std::string record_time(net::WallTime time);

// One datagram as it stands there, appended to `to`. Of pcapng, headers of IP and UDP are made of
// the addresses; a datagram that is too long for them is cut.
void append_record(RecordFormat format, net::WallTime time, const net::Endpoint& from,
                   const net::Endpoint& local, std::span<const std::byte> datagram,
                   std::vector<std::byte>& to);

// Between a hub and a file's output: a chunk for each datagram, with the time at which it came
// here.
class Recorder final : public Sink {
 public:
  Recorder(Hub& from, net::asio::any_io_executor executor, net::Clock& clock, RecordFormat format);
  ~Recorder() override;

  // Where the output belongs.
  Hub& to() { return to_; }

  void take(std::span<const Chunk> chunks) override;
  bool has_room() const override { return to_.has_room(); }

 private:
  Hub& from_;
  Hub to_;
  net::Clock& clock_;
  RecordFormat format_;
  std::vector<std::byte> bytes_;    // of the records
  std::vector<std::size_t> sizes_;  // of each
  std::vector<Chunk> chunks_;
};

}  // namespace dispatch::stream
