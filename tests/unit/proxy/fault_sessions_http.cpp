#include "tests/unit/proxy/fault_peer.hpp"
#include "tests/unit/proxy/fault_sessions.hpp"

#include <fmt/format.h>

namespace dispatch::proxy {
namespace {

using net::Task;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string request(std::string_view method, std::string_view path, std::string_view fields) {
  return fmt::format("{} http://target.example{} HTTP/1.1\r\nHost: target.example\r\n{}\r\n",
                     method, path, fields);
}

std::string chunked(const std::string& content) {
  std::string text;
  constexpr std::size_t kChunk = 7000;
  for (std::size_t at = 0; at < content.size(); at += kChunk) {
    const auto chunk = content.substr(at, kChunk);
    text += fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk);
  }
  return text + "0\r\n\r\n";
}

std::string lengths(std::string_view field) {
  return fmt::format("{}Content-Length: {}\r\n", field, up_bytes().size());
}

// The target: an origin server.

Task<std::optional<std::string>> body_of(FaultPeer& peer, std::string head) {
  if (contains(head, "Transfer-Encoding: chunked")) co_return co_await peer.take_chunked();
  if (contains(head, "Content-Length: ")) co_return co_await peer.take(up_bytes().size());
  co_return std::string();
}

// All of it, or what is asked for of it.
std::string answer_in_parts(const std::string& head) {
  constexpr std::string_view kRange = "Range: bytes=";
  const auto range = head.find(kRange);
  const auto from = range == head.npos ? 0 : std::stoul(head.substr(range + kRange.size()));
  const auto size = down_bytes().size();
  std::string text = "HTTP/1.1 200 OK\r\n";
  if (range != head.npos) {
    text = fmt::format("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {}-{}/{}\r\n", from,
                       size - 1, size);
  }
  return text +
         fmt::format("ETag: \"it\"\r\nAccept-Ranges: bytes\r\nContent-Length: {}\r\n\r\n",
                     size - from) +
         down_bytes().substr(from);
}

// Whether the connection stays.
Task<bool> answer(FaultPeer& peer, std::string head) {
  std::string text = "HTTP/1.1 200 OK\r\n";
  if (contains(head, " /until-close ")) {
    text += "\r\n" + down_bytes();
  } else if (contains(head, " /chunked ")) {
    text += "Transfer-Encoding: chunked\r\n\r\n" + chunked(down_bytes());
  } else if (contains(head, " /parts ")) {
    text = answer_in_parts(head);
  } else {
    text += fmt::format("Content-Length: {}\r\n\r\n", down_bytes().size()) + down_bytes();
  }
  const bool said = co_await peer.say(std::move(text));
  if (!said) co_return false;
  const bool last = contains(head, " /until-close ") || contains(head, "Connection: close");
  if (last) peer.finish();
  co_return !last;
}

Task<void> origin(FaultWorld&, net::StreamPtr stream, Played& played) {
  FaultPeer peer(std::move(stream));
  for (bool stays = true; stays;) {
    const auto head = co_await peer.until("\r\n\r\n");
    if (!head) co_return;
    if (contains(*head, "Expect: 100-continue")) {
      const bool said = co_await peer.say("HTTP/1.1 100 Continue\r\n\r\n");
      if (!said) co_return;
    }
    if (contains(*head, " /upgrade ")) {
      const bool said = co_await peer.say(
          "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
      if (said) co_await serve_tunnel(peer, played);
      co_return;
    }
    const auto body = co_await body_of(peer, *head);
    if (!body) co_return;
    played.target_complete = true;
    if (!body->empty() && *body != up_bytes()) {
      played.broken.push_back(fmt::format("the target has a body of {} bytes", body->size()));
    }
    stays = co_await answer(peer, *head);
  }
}

// The client.

Task<std::optional<FaultPeer>> reach_proxy(FaultWorld& world) {
  auto stream = co_await world.reach_proxy();
  if (!stream) co_return std::nullopt;
  co_return FaultPeer(std::move(stream));
}

Task<std::optional<std::string>> answer_body(FaultPeer& peer, std::string head) {
  if (contains(head, "Transfer-Encoding: chunked")) co_return co_await peer.take_chunked();
  if (contains(head, "Content-Length: ")) co_return co_await peer.take(down_bytes().size());
  co_return co_await peer.to_end();
}

// Whether a whole answer came, and the target's own.
Task<bool> answered(FaultPeer& peer, Played& played) {
  const auto head = co_await peer.until("\r\n\r\n");
  if (!head || !head->starts_with("HTTP/1.1 200 ")) co_return false;
  const auto body = co_await answer_body(peer, *head);
  if (!body) co_return false;
  if (*body != down_bytes()) {
    played.broken.push_back(fmt::format("the client has a body of {} bytes", body->size()));
  }
  co_return true;
}

// One request after the other, until one fails.
Task<void> ask_all(FaultWorld& world, Played& played, std::vector<std::string> requests) {
  auto peer = co_await reach_proxy(world);
  if (!peer) co_return;
  for (auto& each : requests) {
    const bool said = co_await peer->say(std::move(each));
    if (!said) co_return;
    const bool whole = co_await answered(*peer, played);
    if (!whole) co_return;
  }
  played.client_complete = true;
}

Task<void> keep_alive(FaultWorld& world, Played& played) {
  std::vector<std::string> requests{request("GET", "/a", ""),
                                    request("POST", "/b", lengths("")) + up_bytes(),
                                    request("GET", "/c", "Connection: close\r\n")};
  co_await ask_all(world, played, std::move(requests));
}

Task<void> chunked_bodies(FaultWorld& world, Played& played) {
  std::vector<std::string> requests{
      request("POST", "/chunked", "Transfer-Encoding: chunked\r\n") + chunked(up_bytes()),
      request("GET", "/chunked", "")};
  co_await ask_all(world, played, std::move(requests));
}

Task<void> in_parts(FaultWorld& world, Played& played) {
  std::vector<std::string> requests{request("GET", "/parts", ""), request("GET", "/parts", "")};
  co_await ask_all(world, played, std::move(requests));
}

Task<void> until_close(FaultWorld& world, Played& played) {
  std::vector<std::string> requests{request("GET", "/until-close", "")};
  co_await ask_all(world, played, std::move(requests));
}

Task<void> pipelined(FaultWorld& world, Played& played) {
  auto peer = co_await reach_proxy(world);
  if (!peer) co_return;
  auto both = request("POST", "/a", lengths("")) + up_bytes() + request("GET", "/b", "");
  const bool said = co_await peer->say(std::move(both));
  if (!said) co_return;
  for (int i = 0; i < 2; ++i) {
    const bool whole = co_await answered(*peer, played);
    if (!whole) co_return;
  }
  played.client_complete = true;
}

Task<void> expect_continue(FaultWorld& world, Played& played) {
  auto peer = co_await reach_proxy(world);
  if (!peer) co_return;
  auto text = request("POST", "/a", lengths("Expect: 100-continue\r\n"));
  bool said = co_await peer->say(std::move(text));
  if (!said) co_return;
  const auto interim = co_await peer->until("\r\n\r\n");
  if (!interim || !interim->starts_with("HTTP/1.1 100 ")) co_return;
  auto body = up_bytes();
  said = co_await peer->say(std::move(body));
  if (!said) co_return;
  played.client_complete = co_await answered(*peer, played);
}

Task<void> upgrade(FaultWorld& world, Played& played) {
  auto peer = co_await reach_proxy(world);
  if (!peer) co_return;
  auto text = request("GET", "/upgrade", "Connection: Upgrade\r\nUpgrade: echo\r\n");
  const bool said = co_await peer->say(std::move(text));
  if (!said) co_return;
  const auto head = co_await peer->until("\r\n\r\n");
  if (head && head->starts_with("HTTP/1.1 101 ")) co_await use_tunnel(*peer, played, 0);
}

Task<void> connect_with(FaultWorld& world, Played& played, std::size_t early) {
  auto peer = co_await reach_proxy(world);
  if (!peer) co_return;
  auto text = "CONNECT target.example:80 HTTP/1.1\r\nHost: target.example:80\r\n\r\n" +
              up_bytes().substr(0, early);
  if (early != 0) played.client_began = true;
  const bool said = co_await peer->say(std::move(text));
  if (!said) co_return;
  const auto head = co_await peer->until("\r\n\r\n");
  if (head && head->starts_with("HTTP/1.1 200 ")) co_await use_tunnel(*peer, played, early);
}

Task<void> connect(FaultWorld& world, Played& played) {
  co_await connect_with(world, played, 0);
}

Task<void> connect_early(FaultWorld& world, Played& played) {
  co_await connect_with(world, played, 5000);
}

Task<void> tunnel_target(FaultWorld&, net::StreamPtr stream, Played& played) {
  FaultPeer peer(std::move(stream));
  co_await serve_tunnel(peer, played);
}

}  // namespace

std::span<const Session> http_sessions() {
  static constexpr Session kSessions[] = {
      {"CONNECT", connect, tunnel_target},
      {"CONNECT, data sent along", connect_early, tunnel_target},
      {"persistent HTTP", keep_alive, origin},
      {"pipelined HTTP", pipelined, origin},
      {"chunked HTTP", chunked_bodies, origin},
      {"HTTP that ends with the connection", until_close, origin},
      {"HTTP of which parts can be had", in_parts, origin},
      {"HTTP that waits for 100 Continue", expect_continue, origin},
      {"HTTP that becomes another protocol", upgrade, origin},
  };
  return kSessions;
}

}  // namespace dispatch::proxy
