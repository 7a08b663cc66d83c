#include "engine/os/files.hpp"

#include "engine/os/loop.hpp"
#include "engine/os/runtime.hpp"
#include "engine/os/socket.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

namespace dispatch::os {
namespace {

constexpr std::size_t kPiecesMost = 1024;  // IOV_MAX
constexpr mode_t kMode = 0666;             // less the umask

bool is_regular(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

bool is_pipe(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode);
}

bool is_directory(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode);
}

class File final : public net::File {
 public:
  File(Loop& loop, FileDescriptor descriptor, Socket::For use)
      : loop_(loop),
        regular_(is_regular(descriptor.get())),
        pipe_without_writer_(is_pipe(descriptor.get())) {
    // The kernel does not watch regular files: there is nothing to wait for.
    if (regular_) {
      plain_ = std::move(descriptor);
    } else {
      watched_.emplace(loop, std::move(descriptor), use);
    }
  }

  net::Task<net::Result<std::size_t>> read_some(std::span<std::byte> buffer) override {
    if (turn_.is_over()) co_await loop_.events.yield();
    // Before anybody has opened the other end, a read would be told that it has ended.
    if (std::exchange(pipe_without_writer_, false)) {
      if (const auto error = co_await watched_->wait(Socket::For::reading)) co_return error;
    }
    for (;;) {
      const auto got = ::read(descriptor(), buffer.data(), buffer.size());
      if (got >= 0) {
        turn_.moved(static_cast<std::size_t>(got));
        co_return static_cast<std::size_t>(got);
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN || !watched_) co_return last_error();
      turn_.waited();
      watched_->would_block(Socket::For::reading);
      if (const auto error = co_await watched_->wait(Socket::For::reading)) co_return error;
    }
  }

  net::Result<std::size_t> try_write(std::span<const std::span<const std::byte>> pieces) override {
    std::array<iovec, kPiecesMost> native;
    const auto count = std::min(pieces.size(), kPiecesMost);
    for (std::size_t i = 0; i < count; ++i) {
      native[i] = {const_cast<std::byte*>(pieces[i].data()), pieces[i].size()};  // only read
    }
    for (;;) {
      const auto written = ::writev(descriptor(), native.data(), static_cast<int>(count));
      if (written >= 0) {
        written_ += static_cast<std::uint64_t>(written);
        return static_cast<std::size_t>(written);
      }
      if (errno == EAGAIN && watched_) watched_->would_block(Socket::For::writing);
      if (errno != EINTR) return last_error();
    }
  }

  net::Task<net::Status> writable() override {
    if (watched_) co_return co_await watched_->wait(Socket::For::writing);
    co_return net::Status{};
  }

  // Of pipes and devices, which are written at once.
  std::uint64_t written() const override { return written_; }
  net::Task<net::Status> drained() override { co_return net::Status{}; }
  std::optional<std::uint64_t> size() const override { return std::nullopt; }
  net::Status truncate(std::uint64_t) override { return net::errno_error(EINVAL); }
  net::Task<net::Status> sync() override { co_return net::Status{}; }

 private:
  int descriptor() const { return watched_ ? watched_->get() : plain_.get(); }

  Loop& loop_;
  bool regular_;
  bool pipe_without_writer_;  // perhaps
  FileDescriptor plain_;
  std::optional<Socket> watched_;
  Turn turn_;
  std::uint64_t written_ = 0;
};

// A regular file that is written.
class WrittenFile final : public net::File {
 public:
  explicit WrittenFile(std::shared_ptr<FileWriter::Job> job) : job_(std::move(job)) {}

  net::Task<net::Result<std::size_t>> read_some(std::span<std::byte>) override {
    co_return net::errno_error(EBADF);
  }
  net::Result<std::size_t> try_write(std::span<const std::span<const std::byte>> pieces) override {
    return job_->take(pieces);
  }
  net::Task<net::Status> writable() override { return job_->room(); }
  std::uint64_t written() const override { return job_->written(); }
  net::Task<net::Status> drained() override { return job_->drained(); }
  net::Task<net::Status> sync() override { return job_->sync(); }

  std::optional<std::uint64_t> size() const override {
    struct stat status {};
    if (::fstat(job_->descriptor(), &status) != 0) return std::nullopt;
    return static_cast<std::uint64_t>(status.st_size);
  }

  net::Status truncate(std::uint64_t size) override {
    const auto length = static_cast<off_t>(size);
    if (::ftruncate(job_->descriptor(), length) != 0) return last_error();
    if (::lseek(job_->descriptor(), length, SEEK_SET) < 0) return last_error();
    return {};
  }

 private:
  std::shared_ptr<FileWriter::Job> job_;
};

// A description of our own: others who have the same pipe or terminal must not find it
// non-blocking. What cannot be opened anew (a socket, another user's terminal) is shared after all.
net::Result<FileDescriptor> own_description_of(int descriptor, int flags) {
  if (!is_regular(descriptor)) {
    const auto path = fmt::format("/proc/self/fd/{}", descriptor);
    FileDescriptor own(::open(path.c_str(), flags | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (own) return own;
  }
  FileDescriptor same(::fcntl(descriptor, F_DUPFD_CLOEXEC, 3));
  if (!same) return last_error();
  if (!is_regular(descriptor)) {
    ::fcntl(same.get(), F_SETFL, ::fcntl(same.get(), F_GETFL) | O_NONBLOCK);
  }
  return same;
}

}  // namespace

Files::Files(Runtime& runtime) : loop_(runtime.loop()), writer_(loop_) {}

Files::~Files() = default;

net::FilePtr Files::make_output(FileDescriptor descriptor) {
  if (is_regular(descriptor.get())) {
    return std::make_unique<WrittenFile>(writer_.open(std::move(descriptor)));
  }
  return std::make_unique<File>(loop_, std::move(descriptor), Socket::For::writing);
}

net::Result<net::FilePtr> Files::open_to_read(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!file) return last_error();
  if (is_directory(file.get())) return net::errno_error(EISDIR);
  return net::FilePtr(std::make_unique<File>(loop_, std::move(file), Socket::For::reading));
}

net::Result<net::FilePtr> Files::open_to_write(const std::string& path, Existing existing) {
  int flags = O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
  if (existing == Existing::append) flags |= O_APPEND;
  if (existing == Existing::truncate) flags |= O_TRUNC;
  if (existing == Existing::refuse) flags |= O_EXCL;
  FileDescriptor file(::open(path.c_str(), flags, kMode));
  if (!file) return last_error();
  return make_output(std::move(file));
}

net::Result<net::FilePtr> Files::standard_input() {
  auto own = own_description_of(STDIN_FILENO, O_RDONLY);
  if (!own) return own.error();
  return net::FilePtr(std::make_unique<File>(loop_, std::move(*own), Socket::For::reading));
}

net::Result<net::FilePtr> Files::standard_output() {
  auto own = own_description_of(STDOUT_FILENO, O_WRONLY);
  if (!own) return own.error();
  return make_output(std::move(*own));
}

}  // namespace dispatch::os
