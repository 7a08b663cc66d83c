// A file, a pipe or a device that data is written to.
#pragma once

#include "engine/net/condition.hpp"
#include "engine/net/files.hpp"
#include "engine/stream/file_series.hpp"
#include "engine/stream/output.hpp"
#include "engine/stream/written_file.hpp"

#include <functional>
#include <list>
#include <memory>
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
  // All is written, and on the disk where the policy has it so.
  net::Task<void> finish() override;

 private:
  Position send_now(std::span<const Chunk> chunks) override;
  // Writes as much from `position` on as one call and this file take.
  net::Result<std::size_t> write(std::span<const Chunk> chunks, Position position);
  // `bytes` of the chunks from `position` on have been taken.
  void advance(std::span<const Chunk> chunks, Position& position, std::size_t bytes);
  void took_whole(const Chunk& chunk, std::size_t from, std::size_t to);
  // The same of the backlog.
  void advance(std::size_t bytes);
  // Begins the next file where that is due before `next_bytes` more.
  net::Status rotate(std::size_t next_bytes);
  net::Task<void> write_backlog();
  // Looks after what has been taken: until it is written, and synced as the policy has it.
  net::Task<void> tend();
  net::Task<void> sync_now_and_then();
  // False: it has failed.
  net::Task<bool> settle(std::shared_ptr<WrittenFile> file, bool sync);
  net::Task<bool> settle_old_ones();
  bool syncs_always() const { return series_.policy().sync_after == net::Duration::zero(); }
  // `of`: the file that failed, whose end is put right; null: none, there is no next one. What
  // other files have taken is written.
  void fail(const net::Error& error, const std::shared_ptr<WrittenFile>& of);

  FileSeries series_;
  std::shared_ptr<WrittenFile> file_;
  std::list<std::shared_ptr<WrittenFile>> old_;  // not yet known to be written
  Failed failed_;
  net::TimePoint begun_;      // with the file
  std::size_t progress_ = 0;  // bytes of the backlog's first datagram that have been taken
  bool tended_ = false;       // tend() looks again by itself
  net::Condition taken_;
};

}  // namespace dispatch::stream
