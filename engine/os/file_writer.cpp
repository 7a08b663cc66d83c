#include "engine/os/file_writer.hpp"

#include "engine/os/socket.hpp"

#include <cerrno>
#include <unistd.h>
#include <utility>

namespace dispatch::os {

FileWriter::~FileWriter() {
  {
    const std::scoped_lock lock(mutex_);
    ends_ = true;
  }
  work_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<FileWriter::Job> FileWriter::open(FileDescriptor descriptor) {
  return std::make_shared<Job>(*this, std::move(descriptor));
}

// Under the lock.
void FileWriter::enqueue(std::shared_ptr<Job> job) {
  if (std::exchange(job->queued_, true)) return;
  jobs_.push_back(std::move(job));
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  work_.notify_all();
}

void FileWriter::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [this] { return ends_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const auto job = std::move(jobs_.front());
    jobs_.pop_front();
    job->queued_ = false;
    job->work(lock);
  }
}

FileWriter::Job::Job(FileWriter& writer, FileDescriptor descriptor)
    : writer_(writer),
      descriptor_(std::move(descriptor)),
      progress_(writer.loop_.events.executor()) {}

net::Result<std::size_t> FileWriter::Job::take(std::span<const std::span<const std::byte>> pieces) {
  const std::scoped_lock lock(writer_.mutex_);
  if (error_) return error_;
  if (waiting_.size() >= kWaitingMost) return net::errno_error(EAGAIN);
  const auto before = waiting_.size();
  for (const auto& piece : pieces) waiting_.insert(waiting_.end(), piece.begin(), piece.end());
  const auto taken = waiting_.size() - before;
  taken_ += taken;
  if (taken != 0) writer_.enqueue(shared_from_this());
  return taken;
}

std::uint64_t FileWriter::Job::written() {
  const std::scoped_lock lock(writer_.mutex_);
  return written_;
}

net::Task<net::Status> FileWriter::Job::room() {
  for (;;) {
    {
      const std::scoped_lock lock(writer_.mutex_);
      if (error_ || waiting_.size() < kWaitingMost) co_return net::Status{};
    }
    const auto status = co_await progress_.wait();
    if (status) co_return status;
  }
}

net::Task<net::Status> FileWriter::Job::drained() {
  for (;;) {
    {
      const std::scoped_lock lock(writer_.mutex_);
      if (error_) co_return error_;
      if (written_ == taken_) co_return net::Status{};
    }
    const auto status = co_await progress_.wait();
    if (status) co_return status;
  }
}

net::Task<net::Status> FileWriter::Job::sync() {
  std::uint64_t number = 0;
  {
    const std::scoped_lock lock(writer_.mutex_);
    if (error_) co_return error_;
    number = ++syncs_wanted_;
    writer_.enqueue(shared_from_this());
  }
  for (;;) {
    {
      const std::scoped_lock lock(writer_.mutex_);
      if (error_) co_return error_;
      if (syncs_done_ >= number) co_return net::Status{};
    }
    const auto status = co_await progress_.wait();
    if (status) co_return status;
  }
}

// On the thread.
net::Error FileWriter::Job::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return last_error();
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    const std::scoped_lock lock(writer_.mutex_);
    written_ += static_cast<std::uint64_t>(written);
  }
  return {};
}

void FileWriter::Job::work(std::unique_lock<std::mutex>& lock) {
  const auto syncs = syncs_wanted_;
  const bool syncs_now = syncs != syncs_done_;
  std::swap(waiting_, writing_);
  lock.unlock();
  auto error = write(writing_);
  if (!error && syncs_now && ::fdatasync(descriptor_.get()) != 0) error = last_error();
  lock.lock();
  writing_.clear();
  syncs_done_ = syncs;
  if (error && !error_) {
    error_ = error;
    waiting_.clear();
  }
  tell();
}

// Under the lock. Once for all that happens until the event loop has heard of it.
void FileWriter::Job::tell() {
  if (std::exchange(told_, true)) return;
  writer_.loop_.events.executor().execute([weak = weak_from_this()] {
    const auto job = weak.lock();
    if (!job) return;
    {
      const std::scoped_lock lock(job->writer_.mutex_);
      job->told_ = false;
    }
    job->progress_.notify_all();
  });
}

}  // namespace dispatch::os
