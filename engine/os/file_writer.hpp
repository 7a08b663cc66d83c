// Writes files on a thread of its own: a disk may take its time, and an event loop may not.
#pragma once

#include "engine/net/condition.hpp"
#include "engine/os/file_descriptor.hpp"
#include "engine/os/loop.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

namespace dispatch::os {

// One for all files of an event loop. What has been handed to it is written, however soon it is
// destroyed: that waits for the disk.
class FileWriter {
 public:
  // While so much of a file waits to be written, no more is taken.
  static constexpr std::size_t kWaitingMost = 8 << 20;

  explicit FileWriter(Loop& loop) : loop_(loop) {}
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  // One file. Used on the event loop's thread only.
  class Job;
  std::shared_ptr<Job> open(FileDescriptor descriptor);

 private:
  void start();
  void run();
  void enqueue(std::shared_ptr<Job> job);

  Loop& loop_;
  std::mutex mutex_;  // guards what follows, and the jobs' own
  std::condition_variable work_;
  std::deque<std::shared_ptr<Job>> jobs_;  // with something to do, each once
  bool ends_ = false;
  std::thread thread_;  // begun by the first job
};

class FileWriter::Job : public std::enable_shared_from_this<Job> {
 public:
  Job(FileWriter& writer, FileDescriptor descriptor);

  int descriptor() const { return descriptor_.get(); }

  // Copies the pieces, all of them or none. Errors: would_block; that of what was written before,
  // from then on.
  net::Result<std::size_t> take(std::span<const std::span<const std::byte>> pieces);
  // Bytes that are in the file.
  std::uint64_t written();
  // Ends when there may be room again, or it has failed.
  net::Task<net::Status> room();
  // Ends when all has been written. Errors: that of writing; operation_aborted.
  net::Task<net::Status> drained();
  // The same, and brought to the disk.
  net::Task<net::Status> sync();

 private:
  friend class FileWriter;

  void work(std::unique_lock<std::mutex>& lock);
  void tell();
  net::Error write(std::span<const std::byte> bytes);

  FileWriter& writer_;
  FileDescriptor descriptor_;
  // Under the writer's lock.
  std::vector<std::byte> waiting_;
  std::vector<std::byte> writing_;  // the thread's, while it writes
  std::uint64_t taken_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t syncs_wanted_ = 0;
  std::uint64_t syncs_done_ = 0;
  net::Error error_;
  bool queued_ = false;
  bool told_ = false;
  // The event loop's.
  net::Condition progress_;
};

}  // namespace dispatch::os
