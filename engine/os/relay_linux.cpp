// Relaying between two TCP connections of the kernel's: small and interactive data is copied
// through the loop's scratch buffer (two system calls); a connection that proves to be bulk is
// spliced through a pipe, so that its bytes are not copied at all.
#include "engine/os/tcp_stream.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <utility>

namespace dispatch::os {
namespace {

// What one relay may move before the others have their turn.
constexpr std::size_t kTurnBytes = 2 * 1024 * 1024;
// A transfer is bulk when this many reads in a row find plenty, and not when they find little.
constexpr int kReadsToBulk = 2;
constexpr int kReadsToInteractive = 8;
constexpr std::size_t kLittleBytes = 16 * 1024;

// The bytes that have left the source and that the sink has not taken: in the loop's scratch buffer
// (within one turn only), in a buffer of their own, or in a pipe. What is left at the end goes back
// to the source.
class Transit {
 public:
  explicit Transit(TcpStream& source) : source_(source) {}
  Transit(const Transit&) = delete;
  Transit& operator=(const Transit&) = delete;
  ~Transit() {
    source_.unread(scratch_);
    source_.unread(std::span(kept_).subspan(kept_taken_));
    if (piped_ != 0) source_.unread(empty_the_pipe());
    rest();
  }

  bool empty() const { return scratch_.empty() && kept_.empty() && piped_ == 0; }

  // Takes what the source has, without waiting. As recv(2) returns.
  ssize_t take() {
    const auto got = bulk_ ? splice_in() : copy_in();
    if (got > 0) note(static_cast<std::size_t>(got));
    return got;
  }

  // Gives to `sink` what it takes without waiting. As send(2) returns.
  ssize_t give(int sink) {
    if (piped_ != 0) {
      const auto sent = ::splice(pipe_->reader.get(), nullptr, sink, nullptr, piped_, kSpliceFlags);
      if (sent > 0) piped_ -= static_cast<std::size_t>(sent);
      return sent;
    }
    if (!kept_.empty()) {
      const auto left = std::span(kept_).subspan(kept_taken_);
      const auto sent = ::send(sink, left.data(), left.size(), MSG_NOSIGNAL);
      if (sent > 0) kept_taken_ += static_cast<std::size_t>(sent);
      if (kept_taken_ == kept_.size()) {
        kept_ = {};
        kept_taken_ = 0;
      }
      return sent;
    }
    const auto sent = ::send(sink, scratch_.data(), scratch_.size(), MSG_NOSIGNAL);
    if (sent > 0) scratch_ = scratch_.subspan(static_cast<std::size_t>(sent));
    return sent;
  }

  // Others will use the scratch buffer now.
  void keep() {
    if (scratch_.empty()) return;
    kept_.assign(scratch_.begin(), scratch_.end());
    scratch_ = {};
  }

  // Nothing is to be moved for now: the pipe may serve another.
  void rest() {
    if (pipe_ && piped_ == 0) source_.loop().pipes.give_back(std::move(*pipe_));
    pipe_.reset();
  }

 private:
  static constexpr unsigned kSpliceFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;

  ssize_t copy_in() {
    const auto scratch = source_.loop().scratch();
    auto got = static_cast<ssize_t>(source_.take_unread(scratch));
    if (got == 0) got = ::recv(source_.socket().get(), scratch.data(), scratch.size(), 0);
    if (got > 0) scratch_ = scratch.first(static_cast<std::size_t>(got));
    return got;
  }

  ssize_t splice_in() {
    if (!pipe_) pipe_ = source_.loop().pipes.take();
    if (!pipe_) return copy_in();
    const auto got = ::splice(source_.socket().get(), nullptr, pipe_->writer.get(), nullptr,
                              pipe_->capacity, kSpliceFlags);
    if (got < 0 && errno == EINVAL) {  // not of this socket
      rest();
      return copy_in();
    }
    if (got > 0) piped_ = static_cast<std::size_t>(got);
    return got;
  }

  void note(std::size_t got) {
    if (bulk_) {
      streak_ = got <= kLittleBytes ? streak_ + 1 : 0;
      if (streak_ < kReadsToInteractive) return;
    } else {
      streak_ = got == source_.loop().scratch().size() ? streak_ + 1 : 0;
      if (streak_ < kReadsToBulk) return;
    }
    bulk_ = !bulk_;
    streak_ = 0;
  }

  std::span<const std::byte> empty_the_pipe() {
    kept_.resize(piped_);
    std::size_t filled = 0;
    while (filled < piped_) {
      const auto got = ::read(pipe_->reader.get(), kept_.data() + filled, piped_ - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      filled += static_cast<std::size_t>(got);
    }
    piped_ = 0;
    return std::span(kept_).first(filled);
  }

  TcpStream& source_;
  std::span<const std::byte> scratch_;
  std::vector<std::byte> kept_;
  std::size_t kept_taken_ = 0;
  std::optional<Pipe> pipe_;
  std::size_t piped_ = 0;
  bool bulk_ = false;
  int streak_ = 0;
};

net::Task<net::RelayEnd> relay(TcpStream& source, TcpStream& sink, net::ByteCounter& counter) {
  using Side = net::RelayEnd::Side;
  Transit transit(source);
  std::size_t turn_bytes = 0;
  for (;;) {
    if (!source.socket().is_open()) co_return net::RelayEnd{Side::source, cancelled()};
    const auto got = transit.take();
    if (got == 0) {
      if (const auto error = source.end_of_stream()) co_return net::RelayEnd{Side::source, error};
      co_return net::RelayEnd{};
    }
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) co_return net::RelayEnd{Side::source, source.read_failed(errno)};
      transit.rest();
      turn_bytes = 0;
      const auto error = co_await source.socket().wait(Socket::For::reading);
      if (error) co_return net::RelayEnd{Side::source, error};
      continue;
    }
    while (!transit.empty()) {
      if (!sink.socket().is_open()) co_return net::RelayEnd{Side::sink, net::errno_error(EPIPE)};
      const auto sent = transit.give(sink.socket().get());
      if (sent >= 0) {
        counter.add(static_cast<std::uint64_t>(sent));
        continue;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN) co_return net::RelayEnd{Side::sink, sink.write_failed(errno)};
      transit.keep();
      turn_bytes = 0;
      const auto error = co_await sink.socket().wait(Socket::For::writing);
      if (error) co_return net::RelayEnd{Side::sink, error};
    }
    turn_bytes += static_cast<std::size_t>(got);
    if (turn_bytes >= kTurnBytes) {
      turn_bytes = 0;
      co_await source.loop().yield();
    }
  }
}

}  // namespace

net::Task<net::RelayEnd> TcpStream::relay_to(net::Stream& sink, net::ByteCounter& counter) {
  auto* const ours = dynamic_cast<TcpStream*>(&sink);
  if (ours == nullptr) return Stream::relay_to(sink, counter);
  return relay(*this, *ours, counter);
}

}  // namespace dispatch::os
