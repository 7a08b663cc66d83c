#include "engine/os/files.hpp"

#include "engine/os/background.hpp"
#include "engine/os/loop.hpp"
#include "engine/os/runtime.hpp"
#include "engine/os/socket.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <utility>
#include <vector>

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

// No disk is waited for.
bool is_in_memory(int descriptor) {
  struct statfs system {};
  return ::fstatfs(descriptor, &system) == 0 &&
         (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC);
}

class File final : public net::File {
 public:
  File(Runtime& runtime, FileDescriptor descriptor, Socket::For use)
      : runtime_(runtime),
        regular_(is_regular(descriptor.get())),
        in_memory_(is_in_memory(descriptor.get())),
        pipe_without_writer_(is_pipe(descriptor.get())) {
    // The kernel does not watch regular files: there is nothing to wait for.
    if (regular_) {
      plain_ = std::move(descriptor);
    } else {
      watched_.emplace(runtime.loop(), std::move(descriptor), use);
    }
  }

  net::Task<net::Result<std::size_t>> read_some(std::span<std::byte> buffer) override {
    if (turn_.is_over()) co_await runtime_.loop().events.yield();
    // Before anybody has opened the other end, a read would be told that it has ended.
    if (std::exchange(pipe_without_writer_, false)) {
      if (const auto error = co_await watched_->wait(Socket::For::reading)) co_return error;
    }
    for (;;) {
      const auto got = read_now(buffer);
      if (got >= 0) {
        turn_.moved(static_cast<std::size_t>(got));
        co_return static_cast<std::size_t>(got);
      }
      if (errno == EINTR) continue;
      if (reads_aside() && (errno == EAGAIN || errno == EOPNOTSUPP)) {
        co_return co_await read_aside(buffer);
      }
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
  struct Reading {
    std::vector<std::byte> bytes;
    ssize_t got = 0;
    int error = 0;
  };

  int descriptor() const { return watched_ ? watched_->get() : plain_.get(); }
  bool reads_aside() const { return regular_ && !in_memory_; }

  // What of a file is not in memory is EAGAIN; EOPNOTSUPP: its file system cannot tell.
  ssize_t read_now(std::span<std::byte> buffer) const {
    if (!reads_aside()) return ::read(descriptor(), buffer.data(), buffer.size());
    const iovec piece{buffer.data(), buffer.size()};
    constexpr off_t kWhereItIs = -1;
    return ::preadv2(descriptor(), &piece, 1, kWhereItIs, RWF_NOWAIT);
  }

  // A thread waits for the disk. It reads into bytes of its own: `buffer` may be gone before it is
  // done.
  net::Task<net::Result<std::size_t>> read_aside(std::span<std::byte> buffer) {
    if (!aside_) aside_.emplace(runtime_);
    const auto reading = co_await aside_->run<Reading>([from = descriptor(), most = buffer.size()] {
      Reading done{std::vector<std::byte>(most)};
      do {
        done.got = ::read(from, done.bytes.data(), most);
      } while (done.got < 0 && errno == EINTR);
      done.error = errno;
      return done;
    });
    if (reading.got < 0) co_return net::errno_error(reading.error);
    const auto got = static_cast<std::size_t>(reading.got);
    std::copy_n(reading.bytes.begin(), got, buffer.begin());
    co_return got;
  }

  Runtime& runtime_;
  bool regular_;
  bool in_memory_;
  bool pipe_without_writer_;  // perhaps
  FileDescriptor plain_;
  std::optional<Socket> watched_;
  Turn turn_;
  std::uint64_t written_ = 0;
  std::optional<Background> aside_;  // ends before the descriptor
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

Files::Files(Runtime& runtime) : runtime_(runtime), writer_(runtime.loop()) {}

Files::~Files() = default;

net::FilePtr Files::make_output(FileDescriptor descriptor) {
  if (is_regular(descriptor.get())) {
    return std::make_unique<WrittenFile>(writer_.open(std::move(descriptor)));
  }
  return std::make_unique<File>(runtime_, std::move(descriptor), Socket::For::writing);
}

net::Result<net::FilePtr> Files::open_to_read(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!file) return last_error();
  if (is_directory(file.get())) return net::errno_error(EISDIR);
  return net::FilePtr(std::make_unique<File>(runtime_, std::move(file), Socket::For::reading));
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
  return net::FilePtr(std::make_unique<File>(runtime_, std::move(*own), Socket::For::reading));
}

net::Result<net::FilePtr> Files::standard_output() {
  auto own = own_description_of(STDOUT_FILENO, O_WRONLY);
  if (!own) return own.error();
  return make_output(std::move(*own));
}

}  // namespace dispatch::os
