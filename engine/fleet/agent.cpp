#include "engine/fleet/agent.hpp"

#include "engine/fleet/back_off.hpp"
#include "engine/fleet/coordinator_access.hpp"
#include "engine/fleet/run_beside.hpp"
#include "engine/fleet/websocket_handshake.hpp"
#include "engine/net/late_cancellation.hpp"
#include "engine/proxy/http_reader.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace dispatch::fleet {
namespace {

namespace http = proxy::http;

constexpr std::uint16_t kReplaced = 4000;
constexpr std::uint16_t kRemoved = 4001;
constexpr std::size_t kAnswerMax = 64 * 1024;  // of a coordinator, to a registration

// What only coordinators without a policy of their own get.
const TargetPolicy kUsualPolicy;

}  // namespace

struct Agent::Running {
  explicit Running(net::asio::any_io_executor executor) : cancelled(std::move(executor)) {}
  net::Condition cancelled;
};

// Shared with the executions, which may be destroyed after the task that owns it.
struct Agent::Session {
  Session(net::Runtime& runtime, const TargetUrl& url, net::StreamPtr stream,
          const WebSocketLimits& limits, std::span<const std::byte> early)
      : coordinator(url),
        socket(runtime, std::move(stream), websocket::Role::client, limits, early),
        executions(runtime.executor(), nullptr) {}

  const TargetUrl& coordinator;
  WebSocket socket;
  std::optional<TargetPolicy> policy;
  RequestSpec configured;  // of original coordinators
  std::map<std::string, std::shared_ptr<Running>> running;
  net::TaskGroup executions;
  Ended ended = Ended::after_connecting;
};

Agent::Agent(net::Runtime& runtime, const AgentOptions& options)
    : runtime_(runtime),
      options_(options),
      fetcher_(runtime, options.fetcher),
      addresses_changed_(runtime.executor()),
      tasks_(runtime.executor(), [this](std::exception_ptr exception) {
        try {
          std::rethrow_exception(exception);
        } catch (const std::exception& error) {
          runtime_.log().error("internal error: {}", error.what());
        }
      }) {
  refresh_addresses();
}

Agent::~Agent() = default;

Registration Agent::registration() const {
  return {options_.id, options_.hostname, addresses_, options_.weight, options_.concurrency};
}

void Agent::refresh_addresses() {
  const auto interfaces = runtime_.interfaces().list();
  if (!interfaces) {
    runtime_.log().error("the network interfaces cannot be listed: {}",
                         interfaces.error().message());
    return;
  }
  std::vector<net::Prefix> local;
  for (const auto& each : *interfaces) {
    local.insert(local.end(), each.addresses.begin(), each.addresses.end());
  }
  auto found = find_addresses(options_.addresses, *interfaces);
  if (local == local_ && found == addresses_) return;
  local_ = std::move(local);
  addresses_changed_.notify_all();
  if (found == addresses_) return;
  addresses_ = std::move(found);
  runtime_.log().info("source addresses: {}",
                      addresses_.empty() ? "none" : fmt::format("{}", fmt::join(addresses_, ", ")));
}

bool Agent::is_local(const net::Address& address) const {
  return address.is_loopback() || std::ranges::any_of(local_, [&](const auto& each) {
           return net::without_scope(each.address) == net::without_scope(address);
         });
}

net::Task<void> Agent::follow_addresses() {
  auto watch = runtime_.interfaces().watch();
  if (!watch) {
    runtime_.log().error("changes of addresses cannot be followed: {}", watch.error().message());
    co_return;
  }
  const auto watching = std::move(*watch);
  for (;;) {
    refresh_addresses();
    if (const auto error = co_await watching->changed()) {
      if (!net::is_cancelled(error)) {
        runtime_.log().error("changes of addresses are no longer followed: {}", error.message());
      }
      co_return;
    }
  }
}

net::Task<void> Agent::run() {
  tasks_.spawn(follow_addresses());
  tasks_.spawn(fetcher_.sweep());
  net::TaskGroup sessions(runtime_.executor(), nullptr);
  for (const auto& coordinator : options_.coordinators) sessions.spawn(serve(coordinator));
  std::exception_ptr thrown;
  try {
    (void)co_await sessions.idle();
  } catch (...) {
    thrown = std::current_exception();
  }
  net::LateCancellation late(co_await net::asio::this_coro::cancellation_state);
  co_await net::asio::this_coro::reset_cancellation_state(late.filter());
  sessions.cancel();
  tasks_.cancel();
  (void)co_await sessions.idle();
  (void)co_await tasks_.idle();
  co_await net::asio::this_coro::reset_cancellation_state();
  if (thrown) std::rethrow_exception(thrown);
  late.throw_if_any();
}

void Agent::complain(const TargetUrl& coordinator, const std::string& what) {
  auto& last = complaints_[coordinator.text()];
  if (last == what) return runtime_.log().debug("{}: {}", coordinator.text(), what);
  last = what;
  runtime_.log().warning("coordinator {}: {}; it is tried again and again", coordinator.text(),
                         what);
}

net::Task<void> Agent::serve(const TargetUrl& coordinator) {
  BackOff back_off(runtime_.entropy(), options_.reconnect_max);
  for (;;) {
    const auto ended = co_await session(coordinator);
    if (ended == Ended::removed) {
      runtime_.log().error("coordinator {} has removed this agent: it is not tried again",
                           coordinator.text());
      co_return;
    }
    if (ended == Ended::replaced) {
      complain(coordinator, "another agent has connected as " + options_.id +
                                ", and each needs an id of its own (--agent-id)");
    }
    if (ended == Ended::after_connecting) back_off.reset();
    if (co_await runtime_.clock().sleep_for(back_off.next())) co_return;
  }
}

net::Task<Agent::Ended> Agent::session(const TargetUrl& coordinator) {
  const auto deadline = runtime_.clock().now() + options_.connect_timeout;
  auto connected = co_await connect_to_coordinator(runtime_, coordinator, options_.tls, deadline);
  if (!connected) {
    complain(coordinator, connected.error().message());
    co_return Ended::before;
  }
  auto stream = std::move(*connected);
  const auto until = runtime_.clock().now() + options_.connect_timeout;
  auto reader = std::make_unique<http::Reader>(*stream, nullptr);

  // Both requests at once would save a round trip, but an original coordinator may not take that.
  auto post = coordinator_request(coordinator, "POST", "/api/agents/register", options_.token);
  auto content = json::serialize(to_json(registration()));
  auto answer = co_await ask_coordinator(*stream, *reader, std::move(post), std::move(content),
                                         kAnswerMax, until);
  if (!answer.failure.empty()) {
    complain(coordinator, answer.failure);
    co_return Ended::before;
  }
  if (answer.head.status != 200) {
    complain(coordinator, "it refuses to register this agent: " + answer.refusal());
    co_return Ended::before;
  }

  const auto key = websocket::make_key(runtime_.entropy());
  auto upgrade = websocket::upgrade_request(
      coordinator.authority(), path_at(coordinator, "/ws/agent/" + percent_encoded(options_.id)),
      key);
  show_token(upgrade, options_.token);
  answer = co_await ask_coordinator(*stream, *reader, std::move(upgrade), std::string(), kAnswerMax,
                                    until);
  if (!answer.failure.empty()) {
    complain(coordinator, answer.failure);
    co_return Ended::before;
  }
  if (!websocket::is_accepted(answer.head, key)) {
    complain(coordinator, "it refuses a WebSocket: " + answer.refusal());
    co_return Ended::before;
  }
  runtime_.log().info("connected to coordinator {} as {}", coordinator.text(), options_.id);
  complaints_.erase(coordinator.text());
  ++counters_.connections;
  const std::vector<std::byte> early(reader->buffered().begin(), reader->buffered().end());
  reader.reset();
  const auto session =
      std::make_shared<Session>(runtime_, coordinator, std::move(stream), options_.socket, early);
  co_await listen_to(session);
  co_return session->ended;
}

net::Task<void> Agent::listen_to(std::shared_ptr<Session> shared) {
  auto& session = *shared;
  struct Connected {
    std::size_t& count;
    explicit Connected(std::size_t& counted) : count(counted) { ++count; }
    ~Connected() { --count; }
  } connected(connected_);
  session.executions.spawn(send_heartbeats(session));
  const auto listen = [](Agent& self, const std::shared_ptr<Session>& its) -> net::Task<void> {
    for (;;) {
      const auto message = co_await its->socket.receive();
      if (message) {
        self.take_command(its, *message);
        continue;
      }
      const auto code = its->socket.close_code();
      if (code == kReplaced) its->ended = Ended::replaced;
      if (code == kRemoved) its->ended = Ended::removed;
      self.runtime_.log().info(
          "the connection to coordinator {} has ended: {}", its->coordinator.text(),
          code != 0
              ? fmt::format("closed ({}{}{})", code, its->socket.close_reason().empty() ? "" : " ",
                            its->socket.close_reason())
              : message.error().message());
      co_return;
    }
  };
  std::exception_ptr thrown;
  try {
    co_await run_beside(runtime_.executor(), listen(*this, shared), session.socket.write_loop());
  } catch (...) {
    thrown = std::current_exception();
  }
  net::LateCancellation late(co_await net::asio::this_coro::cancellation_state);
  co_await net::asio::this_coro::reset_cancellation_state(late.filter());
  session.executions.cancel();
  (void)co_await session.executions.idle();
  co_await net::asio::this_coro::reset_cancellation_state();
  if (thrown) std::rethrow_exception(thrown);
  late.throw_if_any();
}

net::Task<void> Agent::send_heartbeats(Session& session) {
  auto& clock = runtime_.clock();
  for (;;) {
    // A connection from an address that is gone is dead, and nobody says so.
    if (!is_local(net::unmapped(session.socket.stream().local_endpoint().address))) {
      runtime_.log().info("the address of the connection to coordinator {} is gone",
                          session.coordinator.text());
      co_return session.socket.abort();
    }
    session.socket.send(to_text(Heartbeat{registration()}));
    const auto status =
        co_await addresses_changed_.wait_until(clock, clock.now() + options_.heartbeat);
    if (net::is_cancelled(status)) co_return;
  }
}

void Agent::take_command(const std::shared_ptr<Session>& shared, std::string_view text) {
  auto& session = *shared;
  auto parsed = parse_command(text);
  if (!parsed) {
    runtime_.log().warning("coordinator {} sent what is not understood: {}",
                           session.coordinator.text(), parsed.error().line());
    session.socket.send(to_text(StatusMessage{"error", parsed.error().line()}));
    return;
  }
  if (auto* execute_command = std::get_if<ExecuteCommand>(&*parsed)) {
    session.executions.spawn(execute(shared, std::move(*execute_command)));
  } else if (const auto* cancel = std::get_if<CancelCommand>(&*parsed)) {
    const auto found = session.running.find(cancel->request_id);
    if (found != session.running.end()) found->second->cancelled.notify_all();
  } else if (auto* policy = std::get_if<PolicyCommand>(&*parsed)) {
    session.policy = std::move(policy->policy);
  } else if (auto* configure = std::get_if<ConfigureCommand>(&*parsed)) {
    session.configured = std::move(configure->spec);
    session.socket.send(to_text(StatusMessage{"success", "Request configuration updated"}));
  } else {
    session.socket.send(to_text(StatusMessage{"pong", ""}));
  }
}

// The address itself, or one by chance of a prefix.
std::optional<net::Address> Agent::source_for(const std::string& text) {
  const auto offered = [&](const std::string& each) {
    return std::ranges::find(addresses_, each) != addresses_.end();
  };
  if (const auto address = net::parse_address(text)) {
    if (offered(net::to_string(*address))) return address;
    for (const auto& prefix : options_.addresses.prefixes) {
      if (prefix.contains(*address)) return address;
    }
    return std::nullopt;
  }
  const auto prefix = net::parse_prefix(text);
  if (!prefix || !offered(text)) return std::nullopt;
  const auto draw = [&](auto bytes) {
    auto chance = bytes;
    runtime_.entropy().fill(std::as_writable_bytes(std::span(chance)));
    for (std::size_t bit = prefix->length; bit < bytes.size() * 8; ++bit) {
      const auto mask = static_cast<unsigned char>(0x80u >> bit % 8);
      bytes[bit / 8] =
          static_cast<unsigned char>((bytes[bit / 8] & ~mask) | (chance[bit / 8] & mask));
    }
    return bytes;
  };
  if (prefix->address.is_v6()) return net::AddressV6(draw(prefix->address.to_v6().to_bytes()));
  return net::AddressV4(draw(prefix->address.to_v4().to_bytes()));
}

net::Task<void> Agent::execute(std::shared_ptr<Session> shared, ExecuteCommand command) {
  auto& session = *shared;
  using net::asio::experimental::awaitable_operators::operator||;
  const auto id = command.request_id;
  const auto answer = [&](ExecuteResult result) {
    result.request_id = id;
    result.agent_id = options_.id;
    result.timestamp = runtime_.clock().wall_now();
    if (result.source_ip.empty()) result.source_ip = command.source_ip;
    session.socket.send(to_text(ResultMessage{std::move(result)}));
  };
  const auto refuse = [&](Outcome outcome, std::string why) {
    ExecuteResult result;
    result.outcome = outcome;
    result.error = std::move(why);
    answer(std::move(result));
  };
  if (command.spec.url.empty()) command.spec = session.configured;
  if (auto problem = check_request_spec(command.spec)) {
    co_return refuse(Outcome::invalid, problem->line());
  }
  const auto source = source_for(command.source_ip);
  if (!source) {
    co_return refuse(Outcome::no_address,
                     fmt::format("{} is no address of this agent", command.source_ip));
  }
  if (executing_ >= options_.executing_max) {
    co_return refuse(Outcome::invalid, "the agent executes too many requests already");
  }
  const auto running = std::make_shared<Running>(runtime_.executor());
  if (!session.running.emplace(id, running).second && !id.empty()) {
    co_return refuse(Outcome::invalid, "a request of that id is under way");
  }
  struct Listed {
    Agent& agent;
    Session& session;
    const std::string& id;
    Listed(Agent& its, Session& of, const std::string& name) : agent(its), session(of), id(name) {
      ++agent.executing_;
    }
    ~Listed() {
      --agent.executing_;
      session.running.erase(id);
    }
  };
  const Listed listed(*this, session, id);
  const auto deadline = runtime_.clock().now() + command.time_left;
  const auto policy = session.policy;  // as it is now: another one may come meanwhile
  const auto* theirs = policy ? &*policy : options_.targets ? nullptr : &kUsualPolicy;
  const auto* own = options_.targets ? &*options_.targets : nullptr;
  auto work = fetcher_.fetch(std::move(command.spec), *source, deadline, theirs, own);
  auto cancelled = running->cancelled.wait();
  auto first = co_await (std::move(work) || std::move(cancelled));
  ++counters_.executed;
  if (first.index() == 1) co_return;  // nobody waits for it
  auto result = std::get<0>(std::move(first));
  if (result.success()) ++counters_.answered;
  result.source_ip = net::to_string(*source);
  answer(std::move(result));
}

}  // namespace dispatch::fleet
