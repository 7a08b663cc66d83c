// One request and its answer, over a connection to an origin.
#pragma once

#include "engine/traffic/http_message.hpp"
#include "engine/traffic/pattern.hpp"
#include "engine/traffic/transfer.hpp"

#include <string>
#include <vector>

namespace dispatch::traffic {

// All that it refers to outlives it. Used once.
class Exchange {
 public:
  Exchange(net::Runtime& runtime, net::Stream& stream, const TransferOptions& options,
           TransferResult& result);

  // As transfer(), once the origin is reached: the result's error, bytes and times.
  net::Task<void> run(HttpConnection& http);

 private:
  net::Status failed(const char* step, const net::Error& error);
  void count(std::size_t bytes);
  void answered();
  std::string url(std::string path) const;
  net::Task<net::Status> receive(HttpConnection& http);
  net::Task<net::Result<std::size_t>> receive_some(HttpConnection& http, std::uint64_t left);
  net::Task<net::Status> send(HttpConnection& http);
  net::Task<net::Status> send_some(std::uint64_t left);

  net::Runtime& runtime_;
  net::Stream& stream_;
  const TransferOptions& options_;
  TransferResult& result_;
  Pattern pattern_;
  std::vector<std::byte> block_;
  bool intact_ = true;
};

}  // namespace dispatch::traffic
