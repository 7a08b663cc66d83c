// The coordinator's dealings with agents: they register, connect, speak, and go.
#include "engine/fleet/coordinator_impl.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dispatch::fleet {
namespace {

// Close codes of our own (RFC 6455 7.4.2).
constexpr std::uint16_t kReplaced = 4000;
constexpr std::uint16_t kRemoved = 4001;

}  // namespace

std::optional<ApiError> Coordinator::register_agent(const Registration& registration) {
  const bool is_new = pool_.find(registration.agent_id) == nullptr;
  if (is_new && pool_.agents().size() >= options_.agents_max) {
    // One that has left makes room.
    if (const auto gone = pool_.longest_gone()) forget(*gone);
  }
  if (is_new && pool_.agents().size() >= options_.agents_max) {
    return ApiError{503, fmt::format("{} agents are registered, which is the most that there "
                                     "may be (--max-agents)",
                                     options_.agents_max)};
  }
  removed_.erase(registration.agent_id);
  pool_.update(registration, runtime_.clock().wall_now(), runtime_.clock().now());
  serve_waiting();
  return std::nullopt;
}

bool Coordinator::remove_agent(const std::string& agent_id) {
  if (pool_.find(agent_id) == nullptr || removed_.contains(agent_id)) return false;
  removed_.insert(agent_id);
  if (const auto link = links_.find(agent_id); link != links_.end()) {
    auto* gone = link->second;
    gone->socket.close(kRemoved, "removed");
    lose(*gone);
  }
  forget_if_removed(agent_id);
  return true;
}

void Coordinator::forget_if_removed(const std::string& agent_id) {
  if (!removed_.contains(agent_id)) return;
  const auto* agent = pool_.find(agent_id);
  if (agent == nullptr || agent->is_connected() || agent->in_flight != 0) return;
  forget(agent_id);
}

void Coordinator::forget(const std::string& agent_id) {
  pool_.remove(agent_id);
  removed_.erase(agent_id);
  figures_.forget(agent_id);
}

net::Task<void> Coordinator::forget_the_gone() {
  auto& clock = runtime_.clock();
  const auto interval = std::clamp<net::Duration>(options_.forget_after / 10,
                                                  std::chrono::seconds(1), std::chrono::minutes(1));
  for (;;) {
    if (co_await clock.sleep_for(interval)) co_return;
    for (const auto& id : pool_.gone_since(clock.now() - options_.forget_after)) {
      runtime_.log().info("agent {} has been gone for too long, and is forgotten", id);
      forget(id);
    }
  }
}

void Coordinator::lose(Link& link) {
  for (const auto& [id, attempt] : std::exchange(link.attempts, {})) {
    attempt->may_be_sent = link.socket.was_handed_over(attempt->mark);
    attempt->link = nullptr;
    attempt->execution.changed.notify_one();
  }
  const auto known = links_.find(link.agent_id);
  if (known == links_.end() || known->second != &link) return;
  links_.erase(known);
  pool_.disconnected(link.agent, link.connection);
}

net::Task<void> Coordinator::serve_agent(std::string agent_id, WebSocket& socket) {
  auto* agent = pool_.find(agent_id);
  if (agent == nullptr) {
    Registration unknown;
    unknown.agent_id = agent_id;
    if (register_agent(unknown)) {
      socket.close(websocket::kPolicyViolation, "too many agents");
      co_return;
    }
    agent = pool_.find(agent_id);
  }
  removed_.erase(agent_id);
  if (const auto before = links_.find(agent_id); before != links_.end()) {
    auto* old = before->second;
    runtime_.log().info("agent {} has connected again", agent_id);
    old->socket.close(kReplaced, "replaced by a newer connection of this agent");
    lose(*old);
  }
  Link link{agent_id, *agent, socket, next_connection_++};
  struct Leaving {
    Coordinator& coordinator;
    Link& link;
    ~Leaving() {
      coordinator.lose(link);
      coordinator.forget_if_removed(link.agent_id);
    }
  } leaving{*this, link};
  links_[agent_id] = &link;
  pool_.connected(*agent, link.connection, runtime_.clock().wall_now(), runtime_.clock().now());
  runtime_.log().info("agent {} has connected from {}; source addresses: {}", agent_id,
                      net::to_string(socket.stream().remote_endpoint()),
                      agent->info.addresses.size());
  socket.send(to_text(PolicyCommand{options_.targets}));
  serve_waiting();
  for (;;) {
    auto message = co_await socket.receive();
    if (!message) {
      runtime_.log().info("agent {} has left: {}", agent_id,
                          message.error() == net::asio::error::eof ? "it closed the connection"
                                                                   : message.error().message());
      co_return;
    }
    const auto current = links_.find(agent_id);
    if (current == links_.end() || current->second != &link) continue;  // replaced, or removed
    take_message(link, *message);
  }
}

void Coordinator::take_message(Link& link, std::string_view text) {
  pool_.heard(link.agent, runtime_.clock().wall_now(), runtime_.clock().now());
  auto message = parse_agent_message(text);
  const auto& id = link.agent.info.agent_id;
  if (!message) {
    runtime_.log().warning("agent {} sent what is not understood: {}", id, message.error().line());
    return;
  }
  if (auto* heartbeat = std::get_if<Heartbeat>(&*message)) {
    heartbeat->agent.agent_id = id;  // it speaks for nobody else
    if (heartbeat->agent.hostname.empty()) heartbeat->agent.hostname = link.agent.info.hostname;
    pool_.update(heartbeat->agent, runtime_.clock().wall_now(), runtime_.clock().now());
    return serve_waiting();
  }
  if (auto* result = std::get_if<ResultMessage>(&*message)) {
    return take_result(link, std::move(result->result));
  }
  const auto& status = std::get<StatusMessage>(*message);
  if (status.status == "error") runtime_.log().warning("agent {}: {}", id, status.message);
}

void Coordinator::take_result(Link& link, ExecuteResult result) {
  // Agents of the original's first generation do not say which: where there is one, it is that.
  auto found = result.request_id.empty() && link.attempts.size() == 1
                   ? link.attempts.begin()
                   : link.attempts.find(result.request_id);
  if (found == link.attempts.end()) {
    ++figures_.late_results;
    return;
  }
  auto& attempt = *found->second;
  attempt.reply = std::move(result);
  attempt.execution.changed.notify_one();
}

}  // namespace dispatch::fleet
