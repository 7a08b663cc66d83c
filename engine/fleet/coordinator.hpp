// The coordinator: has requests executed by agents, from their addresses, and remembers how that
// went. HTTP is coordinator_server.hpp's business.
//
// A request is an Execution from its arrival to its answer. It waits for a place within the limits,
// has a turn of the pool, goes to the agent as an ExecuteCommand with an id of its own for each
// attempt, and waits for the ResultMessage of that id. An attempt that ends without an answer of
// the target is repeated by another address where it certainly was not sent, or its method is safe
// (RFC 9110 9.2.1). All of that ends at the request's deadline.
#pragma once

#include "engine/fleet/coordinator_options.hpp"
#include "engine/fleet/figures.hpp"
#include "engine/fleet/history.hpp"
#include "engine/fleet/history_writer.hpp"
#include "engine/net/condition.hpp"
#include "engine/net/runtime.hpp"

#include <deque>
#include <list>
#include <map>
#include <set>
#include <variant>

namespace dispatch::fleet {

// What a caller asks for.
struct ExecuteRequest {
  RequestSpec spec;
  Wish wish;
  std::uint64_t attempts = 3;
  net::Duration attempt_timeout{};  // for one attempt; 0: all the time that is left
  std::string request_id;           // empty: one is made
};

// Why a request has no result.
struct ApiError {
  unsigned status = 500;
  std::string detail{};
  std::optional<JsonProblem> problem{};  // of 422
  std::string request_id{};
  Outcome outcome = Outcome::no_agent;
};

// (A std::variant would be taken apart by Asio's operators for awaitables.)
using Executed = boost::system::result<ExecuteResult, ApiError>;

class Coordinator {
 public:
  // All outlive it.
  Coordinator(net::Runtime& runtime, const CoordinatorOptions& options, HistoryStore& store);
  ~Coordinator();
  Coordinator(const Coordinator&) = delete;
  Coordinator& operator=(const Coordinator&) = delete;

  // Reads the configurations. Errors: the store's.
  net::Task<HistoryStore::Failure> load();
  // Writes the history, and forgets agents that have left, until it is cancelled; what is not
  // written then is lost.
  net::Task<void> run();

  // Cancelled where the caller leaves: the agent is told, and the history says so.
  net::Task<Executed> execute(ExecuteRequest request);
  // False: there is no such request.
  bool cancel(std::string_view request_id);
  std::string make_request_id();

  // Agents. An id of a connection is not 0, and unique.
  std::optional<ApiError> register_agent(const Registration& registration);
  bool remove_agent(const std::string& agent_id);
  // Serves one agent's WebSocket to its end; write_loop() runs beside. An agent that has not
  // registered is one whose first heartbeat does.
  net::Task<void> serve_agent(std::string agent_id, WebSocket& socket);

  // Configurations, the original's under the name "default".
  const std::map<std::string, NamedConfig>& configs() const { return configs_; }
  net::Task<HistoryStore::Failure> refresh_configs();  // where others may have changed them
  net::Task<HistoryStore::Failure> put_config(std::string name, RequestSpec spec);
  net::Task<HistoryStore::Failure> remove_config(std::string name);

  net::Runtime& runtime() { return runtime_; }
  const CoordinatorOptions& options() const { return options_; }
  AddressPool& pool() { return pool_; }
  HistoryStore& store() { return store_; }
  Figures& figures() { return figures_; }
  net::TimePoint started_at() const { return started_at_; }
  std::size_t waiting() const { return waiting_.size(); }
  std::uint64_t history_failures() const { return writer_.failures(); }
  std::size_t executing() const { return executions_.size(); }
  // Of the newest records, by numbers that grow: what /ws/monitor has not told yet.
  struct Recent {
    std::uint64_t number = 0;
    std::shared_ptr<const HistoryRecord> record;
  };
  const std::deque<Recent>& recent() const { return recent_; }
  std::string status_of(const AgentEntry& agent) const;  // active, inactive, disconnected
  bool was_removed(const std::string& agent_id) const { return removed_.contains(agent_id); }

  struct ExecutionView {
    std::string request_id;
    std::string method;
    std::string url;
    net::WallTime started;
    std::string agent_id;
    std::string source_ip;
    std::uint64_t attempt;
    bool waits;
  };
  std::vector<ExecutionView> executions() const;

 private:
  struct Link;       // a connected agent
  struct Execution;  // a request under way
  struct Attempt;

  enum class Waited : std::uint8_t { granted, none, full, timed_out, cancelled };

  net::Task<Executed> run(Execution& execution);
  net::Task<Waited> take_place(Execution& execution, Choice& choice);
  net::Task<ExecuteResult> attempt(Execution& execution, PoolAddress& address);
  bool try_place(Execution& execution, Choice& choice);
  bool host_has_room(const Execution& execution) const;
  void leave_place(const Execution& execution);
  void serve_waiting();
  bool may_repeat(const Execution& execution, const ExecuteResult& result) const;
  net::Task<Executed> give_up(Execution& execution, ApiError error);
  std::optional<ApiError> refusal_of(const Execution& execution) const;
  ApiError error_of(const Execution& execution, Waited waited, Choice::Why why) const;
  std::uint64_t note(Execution& execution, const ExecuteResult& result, bool final);
  void take_message(Link& link, std::string_view text);
  void take_result(Link& link, ExecuteResult result);
  void lose(Link& link);
  void forget_if_removed(const std::string& agent_id);
  void forget(const std::string& agent_id);
  net::Task<void> forget_the_gone();
  ExecuteResult blank(const Execution& execution) const;

  net::Runtime& runtime_;
  const CoordinatorOptions& options_;
  HistoryStore& store_;
  AddressPool pool_;
  HistoryWriter writer_;
  Figures figures_;
  net::TimePoint started_at_;
  std::map<std::string, NamedConfig> configs_;
  std::map<std::string, Execution*, std::less<>> executions_;
  std::map<std::string, Attempt*, std::less<>> attempts_;  // by the ids that agents hear
  std::list<Execution*> waiting_;
  std::map<std::string, std::uint64_t> per_host_;    // requests in flight
  std::map<std::string, Link*, std::less<>> links_;  // by agent id
  std::set<std::string> removed_;  // agents that go as soon as their requests have ended
  std::uint64_t next_connection_ = 1;
  std::deque<Recent> recent_;
  std::uint64_t next_recent_ = 1;
};

}  // namespace dispatch::fleet
