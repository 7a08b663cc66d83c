#include "tests/unit/proxy/fault_peer.hpp"

#include "engine/traffic/pattern.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace dispatch::proxy {
namespace {

using net::Task;

std::string pattern(std::uint64_t key, std::size_t size) {
  std::string bytes(size, '\0');
  traffic::Pattern(key).make(std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

std::string difference(const std::string& got, const std::string& sent) {
  const auto [at, other] = std::mismatch(got.begin(), got.end(), sent.begin(), sent.end());
  return fmt::format("{} of {} bytes, the first {} right", got.size(), sent.size(),
                     at - got.begin());
}

}  // namespace

const std::string& up_bytes() {
  static const std::string bytes = pattern(1, 20'000);
  return bytes;
}

const std::string& down_bytes() {
  static const std::string bytes = pattern(2, 30'000);
  return bytes;
}

Task<bool> FaultPeer::say(std::string text) {
  const auto error = co_await net::write_all(*stream, std::as_bytes(std::span(text)));
  if (error) stream->abort();
  co_return !error;
}

bool FaultPeer::finish() {
  if (!stream->shutdown_write()) return true;
  stream->abort();
  return false;
}

Task<bool> FaultPeer::fill() {
  std::array<std::byte, 4096> buffer;
  const auto count = co_await stream->read_some(buffer);
  if (!count) {
    stream->abort();
    co_return false;
  }
  ended_ = *count == 0;
  got_.append(reinterpret_cast<const char*>(buffer.data()), *count);
  co_return !ended_;
}

Task<std::optional<std::string>> FaultPeer::until(std::string end) {
  for (;;) {
    if (const auto at = got_.find(end); at != std::string::npos) {
      co_return co_await take(at + end.size());
    }
    const bool more = co_await fill();
    if (!more) co_return std::nullopt;
  }
}

Task<std::optional<std::string>> FaultPeer::take(std::size_t size) {
  while (got_.size() < size) {
    const bool more = co_await fill();
    if (!more) co_return std::nullopt;
  }
  auto taken = got_.substr(0, size);
  got_.erase(0, size);
  co_return taken;
}

Task<std::optional<std::string>> FaultPeer::take_chunked() {
  std::string content;
  for (;;) {
    const auto line = co_await until("\r\n");
    if (!line) co_return std::nullopt;
    std::size_t size = 0;
    std::from_chars(line->data(), line->data() + line->size(), size, 16);
    const auto chunk = co_await take(size + 2);
    if (!chunk) co_return std::nullopt;
    content.append(*chunk, 0, size);
    if (size == 0) co_return content;
  }
}

Task<std::optional<std::string>> FaultPeer::to_end() {
  bool more = true;
  while (more) more = co_await fill();
  if (!ended_) co_return std::nullopt;
  co_return std::exchange(got_, {});
}

Task<void> use_tunnel(FaultPeer& client, Played& played, std::size_t said) {
  played.client_began = true;
  auto rest = up_bytes().substr(said);
  const bool all_said = co_await client.say(std::move(rest));
  if (!all_said || !client.finish()) co_return;
  const auto got = co_await client.to_end();
  if (!got) co_return;
  played.client_complete = true;
  if (*got != down_bytes()) {
    played.broken.push_back("the client has " + difference(*got, down_bytes()));
  }
}

Task<void> serve_tunnel(FaultPeer& target, Played& played) {
  const auto got = co_await target.to_end();
  // A proxy that has connected and whose client went away before it could use that.
  if (!got || (got->empty() && !played.client_began)) co_return;
  played.target_complete = true;
  if (*got != up_bytes()) {
    played.broken.push_back("the target has " + difference(*got, up_bytes()));
  }
  auto answer = down_bytes();
  const bool all_said = co_await target.say(std::move(answer));
  if (all_said) target.finish();
}

}  // namespace dispatch::proxy
