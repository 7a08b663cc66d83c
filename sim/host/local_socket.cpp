#include "sim/host/local_socket.hpp"

#include "engine/net/condition.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <utility>
#include <vector>

namespace dispatch::sim {
namespace {

using net::Result;
using net::Status;
using net::Task;

// Linux: net.core.wmem_default.
constexpr std::size_t kCapacity = 212'992;

// One direction.
struct Pipe {
  explicit Pipe(const net::asio::any_io_executor& executor)
      : readable(executor), writable(executor) {}

  std::vector<std::byte> bytes;
  bool ended = false;           // nothing more will be written
  bool reader_gone = false;     // nothing more will be read
  bool reader_aborted = false;  // and what it waits for ends
  bool writer_aborted = false;
  net::Error failure;  // of the reader, after the last byte
  net::Condition readable;
  net::Condition writable;
};
using PipePtr = std::shared_ptr<Pipe>;

class LocalStream final : public net::Stream {
 public:
  LocalStream(net::Clock& clock, PipePtr in, PipePtr out)
      : clock_(clock), in_(std::move(in)), out_(std::move(out)) {}
  ~LocalStream() override { close(); }

  Task<Result<std::size_t>> read_some(std::span<std::byte> buffer,
                                      net::TimePoint deadline) override {
    auto& clock = clock_;
    const auto in = in_;
    for (;;) {
      if (in->reader_aborted) co_return net::Error{net::asio::error::operation_aborted};
      if (!in->bytes.empty()) {
        const auto count = std::min(buffer.size(), in->bytes.size());
        const auto end = in->bytes.begin() + static_cast<std::ptrdiff_t>(count);
        std::copy(in->bytes.begin(), end, buffer.begin());
        in->bytes.erase(in->bytes.begin(), end);
        in->writable.notify_all();
        co_return count;
      }
      if (in->failure) co_return in->failure;
      if (in->ended) co_return std::size_t{0};
      if (const auto error = co_await in->readable.wait_until(clock, deadline)) co_return error;
    }
  }

  Task<Result<std::size_t>> write_some(std::span<const std::byte> data,
                                       net::TimePoint deadline) override {
    auto& clock = clock_;
    const auto out = out_;
    if (out->writer_aborted || out->ended) co_return net::errno_error(EPIPE);
    for (;;) {
      if (out->writer_aborted) co_return net::Error{net::asio::error::operation_aborted};
      if (out->reader_gone) co_return net::errno_error(EPIPE);
      const auto room = kCapacity - std::min(kCapacity, out->bytes.size());
      if (room > 0) {
        const auto taken = data.first(std::min(room, data.size()));
        out->bytes.insert(out->bytes.end(), taken.begin(), taken.end());
        out->readable.notify_all();
        co_return taken.size();
      }
      if (const auto error = co_await out->writable.wait_until(clock, deadline)) co_return error;
    }
  }

  Status shutdown_write() override {
    if (out_->writer_aborted) return net::errno_error(ENOTCONN);
    out_->ended = true;
    out_->readable.notify_all();
    return {};
  }

  void abort() override {
    in_->reader_aborted = true;
    out_->writer_aborted = true;
    in_->readable.notify_all();
    out_->writable.notify_all();
    close();
  }

  net::Endpoint local_endpoint() const override { return {}; }
  net::Endpoint remote_endpoint() const override { return {}; }

 private:
  // Linux tells the peer only of what this side has not read; else it sees an ordinary end.
  void close() {
    if (std::exchange(in_->reader_gone, true)) return;
    if (!in_->bytes.empty()) out_->failure = net::errno_error(ECONNRESET);
    in_->bytes.clear();
    out_->ended = true;
    in_->writable.notify_all();
    out_->readable.notify_all();
  }

  net::Clock& clock_;
  PipePtr in_;
  PipePtr out_;
};

}  // namespace

// The kernel's side of a listener.
class LocalListenQueue {
 public:
  explicit LocalListenQueue(const net::asio::any_io_executor& executor, int backlog)
      : acceptable(executor), backlog_(static_cast<std::size_t>(backlog)) {}

  bool is_full() const { return waiting.size() > backlog_; }

  std::deque<net::StreamPtr> waiting;
  int open = 0;  // listeners that share it
  net::Condition acceptable;

 private:
  std::size_t backlog_;
};

namespace {

class LocalListener final : public net::Listener {
 public:
  explicit LocalListener(std::shared_ptr<LocalListenQueue> queue) : queue_(std::move(queue)) {
    ++queue_->open;
  }
  ~LocalListener() override { close(); }

  Task<Result<net::StreamPtr>> accept() override {
    // This may be destroyed while the task is.
    const auto queue = queue_;
    const auto closed = closed_;
    for (;;) {
      if (*closed) co_return net::Error{net::asio::error::operation_aborted};
      if (!queue->waiting.empty()) {
        auto stream = std::move(queue->waiting.front());
        queue->waiting.pop_front();
        co_return stream;
      }
      if (const auto error = co_await queue->acceptable.wait()) co_return error;
    }
  }

  Result<net::ListenerPtr> share(net::Network&) override {
    return net::ListenerPtr(std::make_unique<LocalListener>(queue_));
  }

  net::Endpoint local_endpoint() const override { return {}; }

  void close() override {
    if (std::exchange(*closed_, true)) return;
    if (--queue_->open == 0) queue_->waiting.clear();
    queue_->acceptable.notify_all();
  }

 private:
  std::shared_ptr<LocalListenQueue> queue_;
  std::shared_ptr<bool> closed_ = std::make_shared<bool>(false);
};

}  // namespace

Result<net::ListenerPtr> LocalSockets::listen(const std::string& path,
                                              const net::LocalListenOptions& options) {
  const auto other = listening_[path].lock();
  if (other && other->open > 0) return net::errno_error(EADDRINUSE);
  auto queue = std::make_shared<LocalListenQueue>(executor_, options.backlog);
  listening_[path] = queue;
  return net::ListenerPtr(std::make_unique<LocalListener>(std::move(queue)));
}

Result<net::StreamPtr> LocalSockets::connect(const std::string& path) {
  const auto found = listening_.find(path);
  const auto queue = found == listening_.end() ? nullptr : found->second.lock();
  if (!queue || queue->open == 0) return net::errno_error(ENOENT);
  if (queue->is_full()) return net::errno_error(EAGAIN);
  auto there = std::make_shared<Pipe>(executor_);
  auto back = std::make_shared<Pipe>(executor_);
  queue->waiting.push_back(std::make_unique<LocalStream>(clock_, there, back));
  queue->acceptable.notify_all();
  return net::StreamPtr(std::make_unique<LocalStream>(clock_, std::move(back), std::move(there)));
}

}  // namespace dispatch::sim
