// The stage of the HTTP proxy's tests: conversations with the proxy, and an origin server that
// follows a script.
#pragma once

#include "tests/unit/proxy/proxy_world.hpp"

#include <boost/system/errc.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dispatch::proxy {

namespace errc = boost::system::errc;

// What `stream` sends until `text` has come, and all that came with it; the end of stream ends it.
inline net::Task<std::string> read_until(net::Stream& stream, std::string text) {
  std::string got;
  std::vector<std::byte> buffer(4096);
  while (got.find(text) == std::string::npos) {
    const auto count = co_await stream.read_some(buffer);
    if (!count || *count == 0) break;
    got.append(reinterpret_cast<const char*>(buffer.data()), *count);
  }
  co_return got;
}

// An origin server that answers each head with the next of its answers, on as many connections as
// come; it keeps what it read. An answer of kHangUp ends the connection instead.
inline constexpr std::string_view kHangUp = "hang up";

struct Origin {
  explicit Origin(ProxyWorld& world, std::vector<std::string> script) : answers(std::move(script)) {
    world.serve([this](net::StreamPtr stream) { return serve(std::move(stream)); });
  }

  net::Task<void> serve(net::StreamPtr stream) {
    ++connections;
    while (next < answers.size()) {
      auto head = co_await read_until(*stream, "\r\n\r\n");
      if (head.empty()) break;
      requests.push_back(std::move(head));
      const auto answer = answers[next++];
      if (answer == kHangUp) break;
      co_await send_text(*stream, answer);
      if (answer.find("Connection: close") != std::string::npos) break;
    }
    stream->shutdown_write();
    const auto rest = co_await read_to_end(*stream);
    after += rest.text;
  }

  std::vector<std::string> answers;
  std::size_t next = 0;
  std::vector<std::string> requests;  // each with what came along with its head
  std::string after;                  // the last answer
  int connections = 0;
};

inline const std::string kHello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
inline const std::string kGet = "GET http://www.example/ HTTP/1.1\r\nHost: www.example\r\n\r\n";
inline const std::string kLastGet =
    "GET http://www.example/ HTTP/1.1\r\nHost: www.example\r\nConnection: close\r\n\r\n";

// Sends `text` and returns all that comes back until the proxy ends the connection.
inline net::Task<Received> ask(ProxyWorld& world, std::string text) {
  auto stream = co_await world.connect_to_proxy();
  co_await send_text(*stream, text);
  co_return co_await read_to_end(*stream);
}

// The same, as a program by itself.
inline std::string answer_to(ProxyWorld& world, const std::string& text) {
  Received received;
  const auto program = [&]() -> net::Task<void> { received = co_await ask(world, text); };
  world.run(program());
  return received.text;
}

inline std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace dispatch::proxy
