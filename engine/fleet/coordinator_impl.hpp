// What the parts of the coordinator's source share.
#pragma once

#include "engine/fleet/coordinator.hpp"

#include <fmt/format.h>

#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace dispatch::fleet {

struct Coordinator::Link {
  std::string agent_id;
  AgentEntry& agent;  // goes before this where it is removed
  WebSocket& socket;
  std::uint64_t connection;
  std::map<std::string, Attempt*> attempts{};
};

struct Coordinator::Execution {
  Execution(Coordinator& owner, ExecuteRequest wanted)
      : coordinator(owner),
        request(std::move(wanted)),
        started(owner.runtime_.clock().now()),
        started_wall(owner.runtime_.clock().wall_now()),
        changed(owner.runtime_.executor()) {
    deadline = started + request.spec.timeout;
  }
  // Whatever way it ends.
  ~Execution() {
    if (waiting) coordinator.waiting_.erase(*waiting);
    if (granted.address != nullptr) {
      coordinator.pool_.give_back(*granted.address);
      coordinator.leave_place(*this);
    }
    if (!is_listed) return;
    coordinator.executions_.erase(request.request_id);
    if (is_noted) return;
    // The caller has left.
    auto result = coordinator.blank(*this);
    result.outcome = Outcome::cancelled;
    result.error = "the caller has left";
    if (was_at) {
      result.agent_id = was_at->first;
      result.source_ip = was_at->second;
    }
    (void)coordinator.note(*this, result, true);
  }
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  Coordinator& coordinator;
  ExecuteRequest request;
  net::TimePoint started;
  net::WallTime started_wall;
  net::TimePoint deadline;
  std::string host;
  net::Condition changed;
  bool cancelled = false;
  bool is_listed = false;
  bool is_noted = false;                                      // how it ended is in the history
  std::optional<std::pair<std::string, std::string>> was_at;  // agent and address of an attempt
  std::optional<std::list<Execution*>::iterator> waiting;
  Choice granted;  // to one that waited
  std::uint64_t attempts = 0;
  const PoolAddress* now_at = nullptr;
};

// One attempt, from its place in the limits to its end.
struct Coordinator::Attempt {
  Attempt(Execution& of, PoolAddress& by, Link* over)
      : execution(of), address(by), link(over), id(of.request.request_id) {
    if (execution.attempts > 1) id += fmt::format(".{}", execution.attempts);
    auto& coordinator = execution.coordinator;
    coordinator.attempts_.emplace(id, this);
    if (link != nullptr) link->attempts.emplace(id, this);
    execution.now_at = &address;
    execution.was_at = {address.agent->info.agent_id, address.text};
  }
  ~Attempt() {
    auto& coordinator = execution.coordinator;
    // The agent need not go on with what nobody waits for.
    if (link != nullptr && !reply && link->socket.is_open()) {
      link->socket.send(to_text(CancelCommand{id}));
    }
    coordinator.attempts_.erase(id);
    if (link != nullptr) link->attempts.erase(id);
    execution.now_at = nullptr;
    const auto agent_id = address.agent->info.agent_id;
    coordinator.pool_.end(address, reply && reply->success(),
                          coordinator.runtime_.clock().wall_now());
    coordinator.leave_place(execution);
    coordinator.forget_if_removed(agent_id);
    coordinator.serve_waiting();
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  Execution& execution;
  PoolAddress& address;
  Link* link;  // null: it is lost
  std::string id;
  std::uint64_t mark = 0;
  bool may_be_sent = true;
  std::optional<ExecuteResult> reply;
};

}  // namespace dispatch::fleet
