// A caller who has requests executed by a fleet.
#include "engine/proxy/http_body.hpp"
#include "engine/proxy/http_reader.hpp"
#include "sim/scenario/fleet_programs.hpp"
#include "sim/scenario/workload_kinds.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <map>

namespace dispatch::scenario {
namespace {

namespace http = proxy::http;
namespace json = boost::json;
using net::Task;

// Beyond the request's own timeout: the coordinator's word has to come by then.
constexpr Duration kGrace = std::chrono::seconds(2);

class ExecuteRun : public WorkloadRun {
 public:
  ExecuteRun(const WorkloadSpec& spec, WorkloadContext context)
      : WorkloadRun(spec, std::move(context)), execute_(std::get<ExecuteSpec>(spec.work)) {}

 private:
  struct Heard {
    bool lost = false;
    bool success = false;
  };

  std::string_view kind() const override { return "execute"; }

  Task<void> work() override {
    for (std::uint64_t i = 0;; ++i) {
      const auto at = spec_.at + execute_.rate.nth(i);
      if (at >= execute_.until) break;
      if (const auto error = co_await clock().sleep_until(net::TimePoint(at))) co_return;
      spawn(request(i));
    }
    co_await join();
  }

  std::string name_of(std::uint64_t number) const {
    return fmt::format("{}-{}", spec_.name, number);
  }

  std::string call_text(std::uint64_t number) const {
    auto url = fmt::format("http://{}/{}",
                           net::to_string(net::Endpoint{target(), FleetPrograms::kTargetPort}),
                           name_of(number));
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(execute_.wait).count();
    if (wait != 0) url += fmt::format("?wait={}", wait);
    json::object body{{"url", url},
                      {"method", execute_.method},
                      {"timeout", std::chrono::duration<double>(execute_.timeout).count()},
                      {"attempts", execute_.attempts},
                      {"request_id", name_of(number)}};
    if (!execute_.session.empty()) body["session"] = execute_.session;
    const auto text = json::serialize(body);
    return fmt::format(
        "POST /api/execute HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: "
        "{}\r\n\r\n{}",
        net::to_string(context().fleet->coordinator()), text.size(), text);
  }

  net::Address target() const { return std::get<net::Address>(context().target.host); }

  Task<void> request(std::uint64_t number) {
    const auto index = begin_record();
    heard_[number] = {true, false};
    const auto deadline = deadline_after(execute_.timeout + kGrace);
    auto& runtime = machine(index);
    const auto to = context().fleet->coordinator();
    auto connected = co_await runtime.network().connect(to, net::kAnyEgress, deadline);
    if (!connected) {
      end(number, index, "the coordinator: " + connected.error().message());
      co_return;
    }
    const auto stream = std::move(*connected);
    record(index).connected = now();
    const auto text = call_text(number);
    const auto error = co_await net::write_all(*stream, std::as_bytes(std::span(text)), deadline);
    if (error) {
      end(number, index, "the coordinator: " + error.message());
      co_return;
    }
    std::string body;
    const auto failure = co_await read_answer(*stream, deadline, body);
    if (failure) {
      // Silence is what must not be; an end of the connection is word of an end.
      heard_[number].lost = failure == boost::system::errc::timed_out;
      record(index).failure = "the coordinator: " + failure.message();
      end_record(index);
      co_return;
    }
    record(index).first_byte = now();
    record(index).last_byte = now();
    record(index).bytes = body.size();
    moved().add(body.size());
    read_result(number, index, body);
  }

  void end(std::uint64_t number, std::size_t index, std::string failure) {
    heard_[number].lost = false;
    record(index).ended = now();
    record(index).failure = std::move(failure);
    end_record(index);
  }

  void read_result(std::uint64_t number, std::size_t index, const std::string& body) {
    boost::system::error_code error;
    const auto value = json::parse(body, error);
    const auto* object = error ? nullptr : value.if_object();
    const auto* success = object == nullptr ? nullptr : object->if_contains("success");
    heard_[number] = {false, success != nullptr && success->is_bool() && success->get_bool()};
    record(index).completed = heard_[number].success;
    record(index).intact = heard_[number].success;
    if (object != nullptr) {
      if (const auto* metadata = object->if_contains("metadata");
          metadata && metadata->is_object()) {
        const auto* attempts = metadata->get_object().if_contains("attempts");
        if (attempts != nullptr) record(index).attempts = attempts->to_number<std::uint64_t>();
        const auto* agent = metadata->get_object().if_contains("agent_id");
        if (agent != nullptr) record(index).link = std::string(agent->get_string());
      }
    }
    record(index).ended = now();
    if (!heard_[number].success) record(index).failure = body.substr(0, 300);
    end_record(index);
  }

  static Task<net::Status> read_answer(net::Stream& stream, net::TimePoint deadline,
                                       std::string& out) {
    http::Reader reader(stream, nullptr);
    auto got = co_await reader.read_head(deadline);
    if (!got) co_return got.error();
    if (got->fault)
      co_return boost::system::errc::make_error_code(boost::system::errc::bad_message);
    const auto head = http::parse_response_head(got->text);
    if (!head) co_return boost::system::errc::make_error_code(boost::system::errc::bad_message);
    const auto framing = http::framing_of(*head, "POST");
    if (!framing) co_return boost::system::errc::make_error_code(boost::system::errc::bad_message);
    http::BodyReader body(reader, *framing);
    for (;;) {
      const auto piece = body.take();
      if (!piece) co_return piece.error();
      out.append(reinterpret_cast<const char*>(piece->data()), piece->size());
      if (!piece->empty()) continue;
      if (body.has_ended()) co_return net::Status{};
      const auto error = co_await body.wait(deadline);
      if (error) co_return error;
    }
  }

  void add_figures(WorkloadResult& result, Duration end) const override {
    std::map<std::string, std::uint64_t> sent;  // attempts that may have reached the target
    for (const auto& each : context().fleet->history().records()) {
      if (each.result.sent) ++sent[each.request_id];
    }
    ExecutedResult executed;
    std::size_t index = 0;
    for (const auto& [number, heard] : heard_) {
      const auto name = name_of(number);
      const auto times = context().fleet->times(execute_.host, name);
      executed.at_target += times;
      executed.twice += times > 1 ? 1 : 0;
      // A run that stops early has not lost what had time left.
      const bool had_time = index < result.records.size() &&
                            result.records[index].started + execute_.timeout + kGrace < end;
      executed.lost += heard.lost && had_time ? 1 : 0;
      executed.unaccounted += heard.success && times == 0 ? 1 : 0;
      executed.unaccounted +=
          !heard.lost && times > sent[name] && !ended_by_end(result, index) ? 1 : 0;
      ++index;
    }
    result.executed = executed;
  }

  // Its connection ended with the coordinator: what that had under way is in nobody's history.
  static bool ended_by_end(const WorkloadResult& result, std::size_t index) {
    return index < result.records.size() &&
           result.records[index].failure.starts_with("the coordinator: ");
  }

  const ExecuteSpec& execute_;
  std::map<std::uint64_t, Heard> heard_;
};

}  // namespace

std::unique_ptr<WorkloadRun> make_execute_run(const WorkloadSpec& spec, WorkloadContext context) {
  return std::make_unique<ExecuteRun>(spec, std::move(context));
}

}  // namespace dispatch::scenario
