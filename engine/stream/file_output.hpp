// A file, a pipe or a device that data is written to.
#pragma once

#include "engine/net/files.hpp"
#include "engine/stream/file_series.hpp"
#include "engine/stream/output.hpp"

#include <functional>
#include <string>

namespace dispatch::stream {

// The bytes of datagrams behind each other. None of them is dropped: the inputs wait. Where the
// disk is full, or fails, what was written of the last datagram is taken back, so that the file
// ends with a whole one; `failed` hears of it, and nothing more is written.
class FileOutput final : public Output {
 public:
  using Failed = std::function<void(const net::Error&)>;

  // `file`: the first of the series.
  FileOutput(Hub& hub, net::asio::any_io_executor executor, std::string name,
             std::size_t backlog_max, FileSeries series, net::FilePtr file, Failed failed);

  net::Task<void> run() override;
  net::Task<void> finish() override;

 private:
  Position send_now(std::span<const Chunk> chunks) override;
  // Writes as much from `position` on as one call and this file take.
  net::Result<std::size_t> write(std::span<const Chunk> chunks, Position position);
  // `bytes` of the chunks from `position` on have been written.
  void advance(std::span<const Chunk> chunks, Position& position, std::size_t bytes);
  // The same of the backlog.
  void advance(std::size_t bytes);
  // Begins the next file where that is due before `next_bytes` more.
  net::Status rotate(std::size_t next_bytes);
  net::Status sync();
  net::Task<void> sync_now_and_then();
  net::Task<void> write_backlog();
  void fail(const net::Error& error, std::size_t partial_bytes);

  FileSeries series_;
  net::FilePtr file_;
  Failed failed_;
  std::uint64_t in_file_ = 0;  // bytes that we have written to it
  net::TimePoint begun_;       // with it
  bool synced_ = true;
  std::size_t progress_ = 0;  // bytes of the backlog's first datagram that have been written
};

}  // namespace dispatch::stream
