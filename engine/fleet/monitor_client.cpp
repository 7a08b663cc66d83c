#include "engine/fleet/monitor_client.hpp"

#include "engine/fleet/back_off.hpp"
#include "engine/fleet/run_beside.hpp"
#include "engine/fleet/websocket_handshake.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace dispatch::fleet {
namespace {

namespace http = proxy::http;

constexpr std::size_t kRefusalMax = 64 * 1024;
// Bodies of targets stand in answers, in base64 at worst.
constexpr std::size_t kCallAnswerMax = 64 * 1024 * 1024;

std::string ending_of(const WebSocket& socket, const net::Error& error) {
  if (socket.close_code() != 0) {
    return fmt::format("it closed the connection ({}{}{})", socket.close_code(),
                       socket.close_reason().empty() ? "" : " ", socket.close_reason());
  }
  return error == net::asio::error::connection_reset ? "the connection broke" : error.message();
}

}  // namespace

MonitorClient::MonitorClient(net::Runtime& runtime, const MonitorOptions& options,
                             MonitorEvents events)
    : runtime_(runtime),
      options_(options),
      events_(std::move(events)),
      wanted_(runtime.executor()) {}

net::Task<void> MonitorClient::run() {
  BackOff back_off(runtime_.entropy(), options_.reconnect_max);
  for (;;) {
    bool was_connected = false;
    const auto why = co_await follow(was_connected);
    if (was_connected) back_off.reset();
    const auto pause = back_off.next();
    events_.lost(why, pause);
    const auto until = runtime_.clock().now() + pause;
    const auto status = co_await wanted_.wait_until(runtime_.clock(), until);
    if (net::is_cancelled(status)) co_return;
  }
}

net::Task<std::string> MonitorClient::follow(bool& was_connected) {
  const auto& coordinator = options_.coordinator;
  const auto deadline = runtime_.clock().now() + options_.connect_timeout;
  auto connected = co_await connect_to_coordinator(runtime_, coordinator, options_.tls, deadline);
  if (!connected) co_return connected.error().message();
  auto stream = std::move(*connected);
  auto reader = std::make_unique<http::Reader>(*stream, nullptr);
  const auto key = websocket::make_key(runtime_.entropy());
  auto upgrade =
      websocket::upgrade_request(coordinator.authority(), path_at(coordinator, "/ws/monitor"), key);
  show_token(upgrade, options_.token);
  const auto answer = co_await ask_coordinator(*stream, *reader, std::move(upgrade), std::string(),
                                               kRefusalMax, deadline);
  if (!answer.failure.empty()) co_return answer.failure;
  if (!websocket::is_accepted(answer.head, key)) co_return answer.refusal();
  was_connected = true;
  events_.connected();
  const std::vector<std::byte> early(reader->buffered().begin(), reader->buffered().end());
  reader.reset();
  WebSocket socket(runtime_, std::move(stream), websocket::Role::client, options_.socket, early);
  std::string why;
  const auto keep = [](net::Task<std::string> inner, std::string& out) -> net::Task<void> {
    out = co_await std::move(inner);
  };
  auto main = keep(listen(socket), why);
  co_await run_beside(runtime_.executor(), std::move(main), socket.write_loop());
  co_return why;
}

net::Task<std::string> MonitorClient::listen(WebSocket& socket) {
  for (;;) {
    auto message = co_await socket.receive();
    if (!message) co_return ending_of(socket, message.error());
    events_.heard(std::move(*message));
  }
}

net::Task<CoordinatorAnswer> MonitorClient::call(std::string method, std::string path,
                                                 std::string content, net::Duration timeout) {
  const auto now = runtime_.clock().now();
  const auto connect_until = now + std::min(timeout, options_.connect_timeout);
  CoordinatorAnswer answer;
  auto connected =
      co_await connect_to_coordinator(runtime_, options_.coordinator, options_.tls, connect_until);
  if (!connected) {
    answer.failure = connected.error().message();
    co_return answer;
  }
  const auto stream = std::move(*connected);
  http::Reader reader(*stream, nullptr);
  auto head = coordinator_request(options_.coordinator, method, path, options_.token);
  head.fields.add("Connection", "close");
  answer = co_await ask_coordinator(*stream, reader, std::move(head), std::move(content),
                                    kCallAnswerMax, now + timeout);
  co_return answer;
}

}  // namespace dispatch::fleet
