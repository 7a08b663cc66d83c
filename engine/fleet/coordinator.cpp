#include "engine/fleet/coordinator.hpp"

#include "engine/fleet/coordinator_impl.hpp"
#include "engine/fleet/redact.hpp"
#include "engine/fleet/run_beside.hpp"

#include <boost/json/serialize.hpp>
#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace dispatch::fleet {
namespace {

namespace errc = boost::system::errc;

constexpr std::size_t kRecentMax = 500;

// Made out of the coroutines: g++ 12 destroys what is braced in there twice (GCC bug 99576).
ApiError api_error(unsigned status, std::string detail, Outcome outcome = Outcome::no_agent) {
  ApiError error;
  error.status = status;
  error.detail = std::move(detail);
  error.outcome = outcome;
  return error;
}

// What the agent has less than the coordinator, so that its word of a timeout is heard in time.
net::Duration time_for_agent(net::Duration left) {
  return left - std::min<net::Duration>(left / 5, std::chrono::milliseconds(500));
}

std::string cut_utf8(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most != 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return std::string(text.substr(0, most));
}

// True: it was cut.
bool cut_body(ExecuteResult& result, std::size_t most) {
  if (result.body.is_null()) return false;
  if (const auto* text = result.body.if_string()) {
    if (text->size() <= most) return false;
    result.body = cut_utf8({text->data(), text->size()}, most);
    return true;
  }
  if (result.response_bytes <= most) return false;
  result.body = cut_utf8(json::serialize(result.body), most);
  result.is_json = false;
  result.body_encoding = "text";
  return true;
}

}  // namespace

Coordinator::Coordinator(net::Runtime& runtime, const CoordinatorOptions& options,
                         HistoryStore& store)
    : runtime_(runtime),
      options_(options),
      store_(store),
      pool_(options.limits),
      writer_(runtime, store),
      started_at_(runtime.clock().now()) {}

Coordinator::~Coordinator() = default;

net::Task<void> Coordinator::run() {
  return run_beside(runtime_.executor(), writer_.run(), forget_the_gone());
}

net::Task<HistoryStore::Failure> Coordinator::load() {
  auto configs = co_await store_.configs();
  if (!configs) co_return HistoryStore::Failure{configs.error()};
  configs_.clear();
  for (auto& each : *configs) {
    const auto name = each.name;
    configs_[name] = std::move(each);
  }
  co_return HistoryStore::Failure{};
}

net::Task<HistoryStore::Failure> Coordinator::refresh_configs() {
  if (!store_.is_shared()) co_return HistoryStore::Failure{};
  co_return co_await load();
}

net::Task<HistoryStore::Failure> Coordinator::put_config(std::string name, RequestSpec spec) {
  NamedConfig config{name, std::move(spec), runtime_.clock().wall_now()};
  const auto failure = co_await store_.put_config(config);
  if (!failure) configs_[name] = std::move(config);
  co_return failure;
}

net::Task<HistoryStore::Failure> Coordinator::remove_config(std::string name) {
  const auto failure = co_await store_.remove_config(name);
  if (!failure) configs_.erase(name);
  co_return failure;
}

// Those of one time are neighbours, so that an index of them grows at its end.
std::string Coordinator::make_request_id() {
  const auto since = runtime_.clock().wall_now().time_since_epoch();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  for (;;) {
    const auto number = runtime_.entropy().next();
    auto id = fmt::format("{:012x}{:012x}", milliseconds, number >> 16);
    if (executions_.find(id) == executions_.end()) return id;
  }
}

std::string Coordinator::status_of(const AgentEntry& agent) const {
  if (!agent.is_connected()) return "disconnected";
  const auto silent = runtime_.clock().now() - agent.heard_at;
  return silent > options_.inactive_after ? "inactive" : "active";
}

std::vector<Coordinator::ExecutionView> Coordinator::executions() const {
  std::vector<ExecutionView> views;
  for (const auto& [id, execution] : executions_) {
    const auto* at = execution->now_at;
    views.push_back({id, execution->request.spec.method, redacted_url(execution->request.spec.url),
                     execution->started_wall, at == nullptr ? "" : at->agent->info.agent_id,
                     at == nullptr ? "" : at->text, execution->attempts,
                     execution->waiting.has_value()});
  }
  return views;
}

ExecuteResult Coordinator::blank(const Execution& execution) const {
  ExecuteResult result;
  result.request_id = execution.request.request_id;
  result.attempts = std::max<std::uint64_t>(execution.attempts, 1);
  result.timestamp = runtime_.clock().wall_now();
  return result;
}

bool Coordinator::host_has_room(const Execution& execution) const {
  if (options_.per_host == 0) return true;
  const auto found = per_host_.find(execution.host);
  return found == per_host_.end() || found->second < options_.per_host;
}

void Coordinator::leave_place(const Execution& execution) {
  const auto found = per_host_.find(execution.host);
  assert(found != per_host_.end());
  if (--found->second == 0) per_host_.erase(found);
}

// True: there is an answer, a place or a reason why not.
bool Coordinator::try_place(Execution& execution, Choice& choice) {
  if (!host_has_room(execution)) return false;
  choice = pool_.choose(execution.request.wish, runtime_.clock().now());
  if (choice.why == Choice::Why::busy) return false;
  if (choice.address != nullptr) {
    pool_.begin(*choice.address);
    ++per_host_[execution.host];
  }
  return true;
}

// In the order in which they came, as far as there are places.
void Coordinator::serve_waiting() {
  for (auto each = waiting_.begin(); each != waiting_.end();) {
    auto& execution = **each++;
    const bool has_room = host_has_room(execution);
    const auto& wish = execution.request.wish;
    if (!try_place(execution, execution.granted)) {
      // Nobody who asks for nothing special has a place: nor has anybody behind him.
      if (has_room && wish.agent_id.empty() && wish.source_ip.empty() && !wish.family &&
          wish.without.empty()) {
        return;
      }
      continue;
    }
    waiting_.erase(*execution.waiting);
    execution.waiting.reset();
    execution.changed.notify_one();
  }
}

net::Task<Coordinator::Waited> Coordinator::take_place(Execution& execution, Choice& choice) {
  if (try_place(execution, choice)) {
    co_return choice.address != nullptr ? Waited::granted : Waited::none;
  }
  if (waiting_.size() >= options_.waiting_max) co_return Waited::full;
  execution.granted = {};
  execution.waiting = waiting_.insert(waiting_.end(), &execution);
  while (execution.waiting && !execution.cancelled) {
    const auto status = co_await execution.changed.wait_until(runtime_.clock(), execution.deadline);
    if (!execution.waiting) break;
    if (net::is_cancelled(status)) execution.cancelled = true;
    if (status == errc::timed_out) break;
  }
  if (execution.waiting) {
    waiting_.erase(*execution.waiting);
    execution.waiting.reset();
    co_return execution.cancelled ? Waited::cancelled : Waited::timed_out;
  }
  choice = std::exchange(execution.granted, {});
  co_return choice.address != nullptr ? Waited::granted : Waited::none;
}

net::Task<ExecuteResult> Coordinator::attempt(Execution& execution, PoolAddress& address) {
  const auto began = runtime_.clock().now();
  const auto agent_id = address.agent->info.agent_id;
  const auto link = links_.find(agent_id);
  Attempt attempt(execution, address, link == links_.end() ? nullptr : link->second);
  auto result = blank(execution);
  result.agent_id = agent_id;
  result.source_ip = address.text;
  auto deadline = execution.deadline;
  if (const auto own = execution.request.attempt_timeout; own != net::Duration::zero()) {
    deadline = std::min(deadline, began + own);
  }
  if (attempt.link != nullptr) {
    ExecuteCommand command;
    command.request_id = attempt.id;
    const auto& pinned = execution.request.wish.source_ip;
    command.source_ip = address.is_prefix() && !pinned.empty() ? pinned : address.text;
    command.spec = execution.request.spec;
    command.time_left = time_for_agent(deadline - began);
    attempt.mark = attempt.link->socket.send(to_text(command));
  } else {
    attempt.may_be_sent = false;
  }
  bool timed_out = false;
  while (!attempt.reply && attempt.link != nullptr && !execution.cancelled && !timed_out) {
    const auto status = co_await execution.changed.wait_until(runtime_.clock(), deadline);
    if (net::is_cancelled(status)) execution.cancelled = true;
    timed_out = status == errc::timed_out;
  }
  const auto now = runtime_.clock().now();
  result.timestamp = runtime_.clock().wall_now();
  if (attempt.reply) {
    auto reply = std::move(*attempt.reply);
    reply.request_id = result.request_id;
    reply.attempts = result.attempts;
    reply.agent_id = result.agent_id;
    reply.timestamp = result.timestamp;
    if (reply.source_ip.empty()) reply.source_ip = result.source_ip;
    reply.overhead = std::max(now - began - reply.duration, net::Duration::zero());
    if (reply.outcome == Outcome::no_address) {
      pool_.rest(address, now + options_.address_rest);
    }
    co_return reply;
  }
  result.sent = attempt.may_be_sent;
  result.duration = now - began;
  if (execution.cancelled) {
    result.outcome = Outcome::cancelled;
    result.error = "cancelled";
  } else if (attempt.link == nullptr) {
    result.outcome = Outcome::agent_lost;
    result.error = fmt::format("Agent {} was lost {} the request was handed over", agent_id,
                               result.sent ? "after" : "before");
  } else {
    result.outcome = Outcome::timed_out;
    result.error = "Request timeout";
  }
  co_return result;
}

bool Coordinator::may_repeat(const Execution& execution, const ExecuteResult& result) const {
  switch (result.outcome) {
    case Outcome::answered:
    case Outcome::refused_by_policy:
    case Outcome::too_large:
    case Outcome::cancelled:
    case Outcome::no_agent:
      return false;
    default:
      break;
  }
  if (execution.cancelled || execution.attempts >= execution.request.attempts) return false;
  if (runtime_.clock().now() >= execution.deadline) return false;
  return !result.sent || is_safe(execution.request.spec.method);
}

std::uint64_t Coordinator::note(Execution& execution, const ExecuteResult& result, bool final) {
  const auto shared = std::make_shared<HistoryRecord>();
  auto& record = *shared;
  record.coordinator = options_.name;
  record.request_id = execution.request.request_id;
  record.attempt = std::max<std::uint64_t>(execution.attempts, 1);
  record.final = final;
  record.started = execution.started_wall;
  record.method = execution.request.spec.method;
  record.url = redacted_url(execution.request.spec.url);
  record.request_headers = redacted(execution.request.spec.headers);
  record.result = result;
  record.result.headers = redacted(std::move(record.result.headers));
  record.result.url = redacted_url(result.url);
  record.body_cut = cut_body(record.result, options_.history_body_max);
  record.total_duration = runtime_.clock().now() - execution.started;
  if (!result.agent_id.empty()) {
    ++figures_.requests[{result.agent_id, result.status_code, record.method}];
    figures_.duration_seconds.add(std::chrono::duration<double>(result.duration).count());
    if (result.success()) {
      figures_.response_bytes.add(static_cast<double>(result.response_bytes));
      figures_.overhead_seconds.add(std::chrono::duration<double>(result.overhead).count());
    }
  }
  if (!result.success()) ++figures_.errors[{result.agent_id, result.outcome}];
  if (execution.attempts > 1) ++figures_.repeats;
  if (final) {
    ++figures_.executed;
    execution.is_noted = true;
  }
  recent_.push_back({next_recent_++, shared});
  if (recent_.size() > kRecentMax) recent_.pop_front();
  return writer_.add(shared);
}

net::Task<Executed> Coordinator::give_up(Execution& execution, ApiError error) {
  auto result = blank(execution);
  result.outcome = error.outcome;
  result.error = error.detail;
  error.request_id = execution.request.request_id;
  const auto ticket = note(execution, result, true);
  (void)co_await writer_.written(ticket);
  co_return error;
}

net::Task<Executed> Coordinator::execute(ExecuteRequest request) {
  if (request.request_id.empty()) request.request_id = make_request_id();
  Execution execution(*this, std::move(request));
  const auto& id = execution.request.request_id;
  if (auto problem = check_request_spec(execution.request.spec)) {
    auto error = api_error(422, problem->line());
    error.problem = std::move(problem);
    error.request_id = id;
    co_return error;
  }
  if (!executions_.emplace(id, &execution).second) {
    auto error = api_error(409, fmt::format("Request {} is under way", id));
    error.request_id = id;
    co_return error;
  }
  execution.is_listed = true;
  co_return co_await run(execution);
}

std::optional<ApiError> Coordinator::refusal_of(const Execution& execution) const {
  const auto objection = options_.targets.objection(execution.host);
  if (!objection) return std::nullopt;
  return api_error(403, *objection, Outcome::refused_by_policy);
}

// Why no place was had.
ApiError Coordinator::error_of(const Execution& execution, Waited waited, Choice::Why why) const {
  using Why = Choice::Why;
  const auto& wish = execution.request.wish;
  if (waited == Waited::full) return api_error(503, "Too many requests wait already");
  if (waited == Waited::timed_out) return api_error(504, "Request timeout", Outcome::timed_out);
  switch (why) {
    case Why::empty:
      return api_error(400, "No IP addresses available in pool");
    case Why::unknown_agent:
      return api_error(404, fmt::format("Agent {} not found", wish.agent_id));
    case Why::disconnected_agent:
      return api_error(503, fmt::format("Agent {} is not connected", wish.agent_id));
    case Why::unknown_address:
      return api_error(404, fmt::format("Address {} is not in the pool", wish.source_ip));
    default:
      return api_error(503, "No available IPs in pool");
  }
}

net::Task<Executed> Coordinator::run(Execution& execution) {
  const auto& spec = execution.request.spec;
  auto& wish = execution.request.wish;
  const auto url = parse_target_url(spec.url);
  execution.host = url->host();
  if (const auto* literal = std::get_if<net::Address>(&url->target.host)) {
    wish.family = net::family_of(*literal);
  }
  auto refusal = refusal_of(execution);
  if (refusal) {
    co_return co_await give_up(execution, std::move(*refusal));
  }
  std::optional<ExecuteResult> last;
  for (;;) {
    Choice choice;
    const auto waited = co_await take_place(execution, choice);
    if (waited != Waited::granted && last) break;
    if (waited == Waited::cancelled) {
      last = blank(execution);
      last->outcome = Outcome::cancelled;
      last->error = "cancelled";
      break;
    }
    if (waited != Waited::granted) {
      auto error = error_of(execution, waited, choice.why);
      co_return co_await give_up(execution, std::move(error));
    }
    if (last) (void)note(execution, *last, false);
    ++execution.attempts;
    auto* address = choice.address;
    auto result = co_await attempt(execution, *address);
    wish.without.push_back(address);
    const bool again = may_repeat(execution, result);
    last = std::move(result);
    if (!again) break;
  }
  auto& result = *last;
  const auto ticket = note(execution, result, true);
  (void)co_await writer_.written(ticket);
  if (result.outcome == Outcome::timed_out && runtime_.clock().now() >= execution.deadline) {
    auto error = api_error(504, "Request timeout", Outcome::timed_out);
    error.request_id = execution.request.request_id;
    co_return error;
  }
  co_return std::move(result);
}

bool Coordinator::cancel(std::string_view request_id) {
  const auto found = executions_.find(request_id);
  if (found == executions_.end()) return false;
  found->second->cancelled = true;
  found->second->changed.notify_one();
  return true;
}

}  // namespace dispatch::fleet
