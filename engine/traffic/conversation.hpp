// A client that keeps its connection: requests one after another, as chats, players and browsers
// have them.
#pragma once

#include "engine/traffic/http_message.hpp"
#include "engine/traffic/transfer.hpp"

#include <cstdint>
#include <memory>

namespace dispatch::traffic {

// One exchange at a time.
class Conversation {
 public:
  // `options` are as of a transfer, without sizes and deadline, which each exchange has of its own.
  Conversation(net::Runtime& runtime, TransferOptions options);
  ~Conversation();

  // Asks for so many bytes, over the connection there is, or, where there is none, a new one. After
  // a failure the connection is gone; an exchange over one that the other side has ended meanwhile
  // fails, and is not tried again.
  net::Task<TransferResult> exchange(std::uint64_t download_bytes, net::TimePoint deadline);

  bool is_open() const { return http_ != nullptr; }
  void close();

 private:
  net::Task<void> work(TransferResult& result);

  net::Runtime& runtime_;
  TransferOptions options_;
  net::StreamPtr stream_;
  std::unique_ptr<HttpConnection> http_;
};

}  // namespace dispatch::traffic
