#include "engine/os/pipe_pool.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace dispatch::os {
namespace {

constexpr std::size_t kIdleMost = 64;
// The default limit of /proc/sys/fs/pipe-max-size. An unprivileged user gets 64 of these
// (pipe-user-pages-soft), then EPERM and the default size.
constexpr int kWantedBytes = 1024 * 1024;

}  // namespace

std::optional<Pipe> PipePool::take() {
  if (!idle_.empty()) {
    auto pipe = std::move(idle_.back());
    idle_.pop_back();
    return pipe;
  }
  int ends[2];
  if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return std::nullopt;
  Pipe pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1]), 0};
  int size = ::fcntl(ends[1], F_SETPIPE_SZ, kWantedBytes);
  if (size < 0) size = ::fcntl(ends[1], F_GETPIPE_SZ);
  if (size <= 0) return std::nullopt;
  pipe.capacity = static_cast<std::size_t>(size);
  return pipe;
}

void PipePool::give_back(Pipe pipe) {
  if (idle_.size() < kIdleMost) idle_.push_back(std::move(pipe));
}

}  // namespace dispatch::os
