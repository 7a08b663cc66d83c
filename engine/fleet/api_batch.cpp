// Many requests at once: their results as server-sent events, in the order in which they come.
#include "engine/fleet/api_session.hpp"
#include "engine/net/late_cancellation.hpp"
#include "engine/net/task_group.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace dispatch::fleet {
namespace {

constexpr std::uint64_t kParallelMax = 1000;
constexpr net::Duration kSilence = std::chrono::seconds(15);
constexpr net::Duration kWriteTimeout = std::chrono::seconds(60);
// Results that nobody takes hold up those behind them.
constexpr std::size_t kUnsentMax = 8 * 1024 * 1024;

struct Batch {
  std::vector<ExecuteRequest> requests;
  std::uint64_t parallel = 10;
};

boost::system::result<Batch, ApiError> read_batch(const Coordinator& coordinator,
                                                  const ApiCall& call) {
  auto object = body_object(call);
  if (!object) return object.error();
  Batch batch;
  JsonReader reader(*object, {"body"});
  std::uint64_t repeat = 1;
  const auto most = coordinator.options().batch_max;
  reader.count("parallel", batch.parallel, 1, kParallelMax);
  reader.count("repeat", repeat, 1, most);
  reader.require("requests");
  const auto* requests = reader.find("requests");
  if (requests != nullptr && !requests->is_array()) reader.fail("requests", "a list is needed");
  const auto* base = reader.find("base");
  if (base != nullptr && !base->is_object()) reader.fail("base", "an object is needed");
  if (reader.problem()) return ApiError{422, reader.problem()->line(), reader.problem()};
  const auto& list = requests->get_array();
  if (list.empty() || list.size() * repeat > most) {
    return ApiError{
        422, "",
        JsonProblem{{"body", "requests"}, fmt::format("from 1 to {} requests are needed", most)}};
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto fail = [&](const ApiError& error) {
      auto where = std::vector<std::string>{"body", "requests", std::to_string(i)};
      if (!error.problem) return ApiError{error.status, fmt::format("{}: {}", i, error.detail)};
      const auto& inner = error.problem->where;
      if (inner.size() > 1) where.insert(where.end(), inner.begin() + 1, inner.end());
      return ApiError{422, "", JsonProblem{std::move(where), error.problem->what}};
    };
    if (!list[i].is_object()) return fail({422, "", JsonProblem{{"body"}, "an object is needed"}});
    auto merged = base == nullptr ? json::object() : base->get_object();
    for (const auto& [key, value] : list[i].get_object()) merged[key] = value;
    auto request = read_execute_request(coordinator, merged);
    if (!request) return fail(request.error());
    if (repeat > 1) request->request_id.clear();
    batch.requests.push_back(std::move(*request));
  }
  const auto once = batch.requests;
  for (std::uint64_t i = 1; i < repeat; ++i) {
    batch.requests.insert(batch.requests.end(), once.begin(), once.end());
  }
  return batch;
}

class BatchRun {
 public:
  BatchRun(Coordinator& coordinator, Batch batch)
      : coordinator_(coordinator),
        batch_(std::move(batch)),
        workers_(coordinator.runtime().executor(), nullptr),
        more_(coordinator.runtime().executor()),
        room_(coordinator.runtime().executor()) {}

  // Cancelled, it cancels what is under way.
  net::Task<void> run(net::Stream& stream) {
    std::exception_ptr thrown;
    try {
      co_await run_workers(stream);
    } catch (...) {
      thrown = std::current_exception();
    }
    net::LateCancellation late(co_await net::asio::this_coro::cancellation_state);
    co_await net::asio::this_coro::reset_cancellation_state(late.filter());
    workers_.cancel();
    (void)co_await workers_.idle();
    co_await net::asio::this_coro::reset_cancellation_state();
    if (thrown) std::rethrow_exception(thrown);
    late.throw_if_any();
  }
  bool was_sent() const { return sent_; }

 private:
  net::Task<void> run_workers(net::Stream& stream) {
    add("start", {{"count", batch_.requests.size()}});
    const auto parallel = std::min<std::size_t>(batch_.parallel, batch_.requests.size());
    for (std::size_t i = 0; i < parallel; ++i) workers_.spawn(work());
    auto& clock = coordinator_.runtime().clock();
    while (ended_ < batch_.requests.size() || !events_.empty()) {
      if (events_.empty()) {
        const auto status = co_await more_.wait_until(clock, clock.now() + kSilence);
        if (net::is_cancelled(status)) co_return;
        if (events_.empty()) events_ = ": still at it\n\n";
      }
      const bool written = co_await write_chunk(stream, std::exchange(events_, {}));
      if (!written) co_return;
      room_.notify_all();
    }
    add("done", {{"count", batch_.requests.size()}, {"succeeded", succeeded_}});
    const bool last = co_await write_chunk(stream, std::exchange(events_, {}));
    if (!last) co_return;
    constexpr std::string_view kEnd = "0\r\n\r\n";
    const auto error = co_await net::write_all(stream, std::as_bytes(std::span(kEnd)),
                                               clock.now() + kWriteTimeout);
    sent_ = !error;
  }

  net::Task<void> work() {
    while (next_ < batch_.requests.size()) {
      while (events_.size() > kUnsentMax) {
        if (co_await room_.wait()) co_return;
      }
      if (next_ >= batch_.requests.size()) co_return;
      const auto index = next_++;
      auto executed = co_await coordinator_.execute(std::move(batch_.requests[index]));
      json::object event;
      if (!executed) {
        const auto error = executed.error();
        event = {{"success", false},
                 {"error", error.detail},
                 {"status", error.status},
                 {"request_id", error.request_id},
                 {"outcome", to_string(error.outcome)}};
      } else {
        event = parse_json(to_text(*executed))->get_object();
        succeeded_ += executed->success() ? 1 : 0;
      }
      event["index"] = index;
      ++ended_;
      add("result", event);
    }
  }

  void add(std::string_view name, const json::object& data) {
    events_ += fmt::format("event: {}\ndata: {}\n\n", name, json::serialize(data));
    more_.notify_one();
  }

  net::Task<bool> write_chunk(net::Stream& stream, std::string text) {
    const auto chunk = fmt::format("{:x}\r\n{}\r\n", text.size(), text);
    const auto until = coordinator_.runtime().clock().now() + kWriteTimeout;
    const auto error = co_await net::write_all(stream, std::as_bytes(std::span(chunk)), until);
    co_return !error;
  }

  Coordinator& coordinator_;
  Batch batch_;
  net::TaskGroup workers_;
  net::Condition more_;
  net::Condition room_;
  std::string events_;
  std::size_t next_ = 0;
  std::size_t ended_ = 0;
  std::uint64_t succeeded_ = 0;
  bool sent_ = false;
};

}  // namespace

net::Task<bool> serve_batch(Coordinator& coordinator, const ApiCall& call,
                            proxy::http::Reader& reader, net::Stream& stream) {
  using net::asio::experimental::awaitable_operators::operator||;
  auto& clock = coordinator.runtime().clock();
  const bool close =
      call.head.minor_version == 0 || call.head.fields.has_member("Connection", "close");
  auto batch = read_batch(coordinator, call);
  if (!batch) {
    const auto refusal = error_reply(batch.error());
    const auto error = co_await write_reply(stream, clock, refusal, false, close);
    co_return !error;
  }
  if (call.head.minor_version == 0) {
    const ApiError error{505, "events come in chunks, which HTTP/1.0 does not know"};
    const auto refusal = error_reply(error);
    (void)co_await write_reply(stream, clock, refusal, false, true);
    co_return false;
  }
  proxy::http::ResponseHead head{200, "OK", 1, {}};
  head.fields.add("Content-Type", "text/event-stream");
  head.fields.add("Transfer-Encoding", "chunked");
  head.fields.add("Cache-Control", "no-store");
  head.fields.add("X-Accel-Buffering", "no");
  if (close) head.fields.add("Connection", "close");
  const auto text = proxy::http::to_text(head);
  const auto error =
      co_await net::write_all(stream, std::as_bytes(std::span(text)), clock.now() + kWriteTimeout);
  if (error) co_return false;
  BatchRun run(coordinator, std::move(*batch));
  auto work = run.run(stream);
  auto watch = until_gone(reader, clock);
  (void)co_await (std::move(work) || std::move(watch));
  co_return run.was_sent();
}

}  // namespace dispatch::fleet
