// An end of a session that takes every failure as it comes, and the bytes that both ends know.
#pragma once

#include "engine/net/stream.hpp"
#include "tests/unit/proxy/fault_world.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace dispatch::proxy {

// What the client sends, and what the target answers.
const std::string& up_bytes();
const std::string& down_bytes();

struct FaultPeer {
  explicit FaultPeer(net::StreamPtr connection) : stream(std::move(connection)) {}

  // Whether all was handed over. An error resets the connection, as a program does that gives up:
  // the end that it cannot reach must not take what has come for all.
  net::Task<bool> say(std::string text);
  // The end of what this one says.
  bool finish();

  // What comes up to and with `end`, or so many bytes; none where the stream ends before.
  net::Task<std::optional<std::string>> until(std::string end);
  net::Task<std::optional<std::string>> take(std::size_t size);
  // A chunked body without trailers, its coding taken off.
  net::Task<std::optional<std::string>> take_chunked();
  // All that comes until the end of stream; none where it ends by an error.
  net::Task<std::optional<std::string>> to_end();

  net::StreamPtr stream;

 private:
  net::Task<bool> fill();

  std::string got_;
  bool ended_ = false;  // by an end of stream and not by an error
};

// The two ends of a stream that goes both ways once, with half-closes. `said` of the client's bytes
// have been sent already.
net::Task<void> use_tunnel(FaultPeer& client, Played& played, std::size_t said);
net::Task<void> serve_tunnel(FaultPeer& target, Played& played);

}  // namespace dispatch::proxy
