#include "engine/os/relay_flow.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <optional>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace dispatch::os {
namespace {

// What one flow may move before the others have their turn: two pipes full. Measured with 64 flows
// over loopback: with less, the kernel wakes the peers so often that a byte costs up to twice the
// CPU time; with more, nothing is won and others wait longer.
constexpr std::size_t kTurnBytes = 2 * 1024 * 1024;
// A bulk transfer ends, or is none, when this many reads in a row find little.
constexpr int kLittleReadsMost = 4;
constexpr std::size_t kLittleBytes = 64 * 1024;
// Of a slow link's portions: what a pipe costs is more than copying as little as that.
constexpr std::size_t kSplicedLeast = 8 * 1024;
constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

constexpr unsigned kSpliceFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;

}  // namespace

RelayFlow::RelayFlow(TcpStream& source, TcpStream& sink, net::Meter meter)
    : source_(&source), sink_(&sink), meter_(meter) {}

RelayFlow::~RelayFlow() = default;

RelayFlow::Next RelayFlow::go() {
  moved_ = 0;
  if (backlog_) {
    if (const auto step = give_backlog(); step.done) return step.next;
  }
  while (moved_ < kTurnBytes) {
    const auto step = meter_.is_paced() ? paced() : move(kUnlimited);
    if (step.done) return step.next;
  }
  return Next::turn;
}

// What may pass is taken from the source, no more: the rest waits in the kernel, and holds back who
// sends it.
RelayFlow::Step RelayFlow::paced() {
  auto& pace = *meter_.pace;
  const auto most = pace.take(kTurnBytes);
  if (most == 0) return wait_for(Next::pace);
  const auto before = moved_;
  const auto step = move(most);
  pace.give_back(most - (moved_ - before));
  return step;
}

RelayFlow::Step RelayFlow::move(std::size_t most) {
  return bulk_ ? splice(most) : copy(most);
}

void RelayFlow::fail(Next next, const net::Error& error) {
  ended(next == Next::sink_writable ? Side::sink : Side::source, error);
}

RelayFlow::Step RelayFlow::copy(std::size_t most) {
  if (!source_->socket().is_open()) return ended(Side::source, cancelled());
  auto scratch = source_->loop().scratch();
  scratch = scratch.first(std::min(scratch.size(), most));
  if (const auto bytes = source_->take_unread(scratch); bytes != 0) {
    moved_ += static_cast<std::uint32_t>(bytes);
    meter_.show(scratch.first(bytes));
    return give(scratch.first(bytes));
  }
  const auto got = ::recv(source_->socket().get(), scratch.data(), scratch.size(), 0);
  if (got <= 0) return nothing_taken(got);
  const auto bytes = static_cast<std::size_t>(got);
  moved_ += static_cast<std::uint32_t>(bytes);
  meter_.show(scratch.first(bytes));
  const auto step = give(scratch.first(bytes));
  if (bytes == scratch.size()) {
    bulk_ = splices_ && bytes >= kSplicedLeast && meter_.witness == nullptr;
    little_reads_ = 0;
  } else if (!step.done) {
    source_->socket().is_drained();
    return wait_for(Next::source_readable);
  }
  return step;
}

RelayFlow::Step RelayFlow::splice(std::size_t most) {
  if (!source_->socket().is_open()) return ended(Side::source, cancelled());
  auto& pipes = source_->loop().pipes;
  auto pipe = pipes.take();
  if (!pipe) {
    bulk_ = false;
    return {};
  }
  const auto got = ::splice(source_->socket().get(), nullptr, pipe->writer.get(), nullptr,
                            std::min(pipe->capacity, most), kSpliceFlags);
  if (got <= 0) {
    const int error = errno;
    pipes.give_back(std::move(*pipe));
    if (got < 0 && error == EINVAL) {  // not of this socket
      bulk_ = splices_ = false;
      return {};
    }
    errno = error;
    return nothing_taken(got);
  }
  const auto bytes = static_cast<std::size_t>(got);
  moved_ += static_cast<std::uint32_t>(bytes);
  little_reads_ = bytes <= kLittleBytes && bytes != most ? little_reads_ + 1 : 0;
  bulk_ = little_reads_ < kLittleReadsMost;
  return give(std::move(*pipe), bytes);
}

// The sink takes what it can; the rest waits in a backlog.
RelayFlow::Step RelayFlow::give(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto sent = sink_->socket().is_open()
                          ? ::send(sink_->socket().get(), bytes.data(), bytes.size(), MSG_NOSIGNAL)
                          : (errno = EPIPE, -1);
    if (sent < 0) {
      const int error = errno;
      if (error == EINTR) continue;
      backlog_ = std::make_unique<Backlog>();
      backlog_->kept.assign(bytes.begin(), bytes.end());
      errno = error;
      return nothing_given();
    }
    meter_.counter->add(static_cast<std::uint64_t>(sent));
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return {};
}

RelayFlow::Step RelayFlow::give(Pipe pipe, std::size_t bytes) {
  while (bytes != 0) {
    const auto sent = sink_->socket().is_open()
                          ? ::splice(pipe.reader.get(), nullptr, sink_->socket().get(), nullptr,
                                     bytes, kSpliceFlags)
                          : (errno = EPIPE, -1);
    if (sent < 0) {
      const int error = errno;
      if (error == EINTR) continue;
      backlog_ = std::make_unique<Backlog>();
      backlog_->pipe = std::move(pipe);
      backlog_->piped = bytes;
      errno = error;
      return nothing_given();
    }
    meter_.counter->add(static_cast<std::uint64_t>(sent));
    bytes -= static_cast<std::size_t>(sent);
  }
  source_->loop().pipes.give_back(std::move(pipe));
  return {};
}

RelayFlow::Step RelayFlow::give_backlog() {
  const auto backlog = std::exchange(backlog_, nullptr);
  if (backlog->piped != 0) return give(std::move(backlog->pipe), backlog->piped);
  return give(backlog->kept);
}

RelayFlow::Step RelayFlow::nothing_taken(ssize_t result) {
  if (result == 0) {
    const auto error = source_->end_of_stream();
    return ended(error ? Side::source : Side::none, error);
  }
  if (errno == EINTR) return {};
  if (errno == EAGAIN) {
    source_->socket().would_block(Socket::For::reading);
    return wait_for(Next::source_readable);
  }
  return ended(Side::source, source_->read_failed(errno));
}

RelayFlow::Step RelayFlow::nothing_given() {
  if (errno == EAGAIN) {
    sink_->socket().would_block(Socket::For::writing);
    return wait_for(Next::sink_writable);
  }
  return ended(Side::sink, sink_->write_failed(errno));
}

RelayFlow::Step RelayFlow::ended(Side failed, const net::Error& error) {
  end_ = {failed, error};
  return wait_for(Next::ended);
}

void RelayFlow::give_back() {
  if (!backlog_) return;
  auto& kept = backlog_->kept;
  if (backlog_->piped != 0) {
    kept.resize(backlog_->piped);
    std::size_t filled = 0;
    while (filled < kept.size()) {
      const auto got =
          ::read(backlog_->pipe.reader.get(), kept.data() + filled, kept.size() - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      filled += static_cast<std::size_t>(got);
    }
    kept.resize(filled);
    source_->loop().pipes.give_back(std::move(backlog_->pipe));
  }
  source_->unread(kept);
  backlog_ = nullptr;
}

}  // namespace dispatch::os
