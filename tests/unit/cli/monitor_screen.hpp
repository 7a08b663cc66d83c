// What the tests of `dispatch monitor` share: messages of a coordinator, and a screen that hears
// them.
#pragma once

#include "cli/monitor/model.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <string>
#include <vector>

namespace dispatch::cli::monitor {

namespace js = boost::json;
using screen::Key;
using Kind = Key::Kind;

inline js::object agent(const std::string& id, const std::string& status = "active") {
  return {{"agent_id", id},
          {"hostname", "host-of-" + id},
          {"status", status},
          {"ipv6_addresses", js::array{"192.0.2.1", "192.0.2.2"}},
          {"in_flight", 0},
          {"last_seen", "2026-01-31T12:00:00.123456"},
          {"requests_processed", 7},
          {"requests_failed", 1},
          {"weight", 1},
          {"concurrency", 0}};
}

inline js::object address(const std::string& ip, const std::string& of, bool available = true) {
  return {{"ip", ip},
          {"agent_id", of},
          {"last_used", nullptr},
          {"requests_count", 3},
          {"status", available ? "available" : "unavailable"},
          {"requests_failed", 0},
          {"in_flight", 0}};
}

inline js::object stats(double uptime, std::uint64_t attempts = 0) {
  return {{"uptime_seconds", uptime},
          {"requests_executed", attempts},
          {"requests_executing", 0},
          {"total_requests_processed", attempts},
          {"requests_waiting", 0},
          {"repeats", 0},
          {"total_agents", 1},
          {"active_agents", 1},
          {"total_ips", 1}};
}

// Attempt `number` of some request; `id` 0: as the feed tells it.
inline js::object record(int number, std::uint64_t id = 0) {
  return {{"success", true},
          {"status_code", 200},
          {"headers", js::object{{"Content-Type", "text/plain"}}},
          {"body", "hello\nworld"},
          {"is_json", false},
          {"error", nullptr},
          {"request_id", fmt::format("r{}", number)},
          {"metadata", js::object{{"agent_id", "a"},
                                  {"source_ip", "192.0.2.1"},
                                  {"timestamp", "2026-01-31T12:00:00.123456"},
                                  {"attempts", 1},
                                  {"duration_ms", 12.5},
                                  {"overhead_ms", 0.5},
                                  {"response_bytes", 11},
                                  {"url", "http://example.com/x"},
                                  {"redirects", 0},
                                  {"remote", "203.0.113.1:80"},
                                  {"reused_connection", false}}},
          {"body_encoding", "text"},
          {"outcome", "answered"},
          {"sent", true},
          {"id", id},
          {"coordinator", "c"},
          {"attempt", 1},
          {"final", true},
          {"started", fmt::format("2026-01-31T12:{:02}:{:02}.000000", number / 60, number % 60)},
          {"method", "GET"},
          {"url", fmt::format("http://example.com/{}", number)},
          {"request_headers", js::object()},
          {"body_truncated", false},
          {"total_ms", 13.0}};
}

inline js::object snapshot() {
  return {{"type", "snapshot"},
          {"agents", js::array{agent("a"), agent("b", "disconnected")}},
          {"pool", js::object{{"total_ips", 2},
                              {"active_agents", 1},
                              {"ip_pool", js::array{address("192.0.2.1", "a"),
                                                    address("192.0.2.2", "a", false)}}}},
          {"stats", stats(100)},
          {"configs", js::array()},
          {"requests", js::array()},
          {"history", js::array{record(1), record(2)}}};
}

inline js::object with_configs() {
  auto all = snapshot();
  all["configs"] = js::array{
      js::object{{"name", "default"}, {"method", "GET"}, {"url", "http://x/"}, {"updated", "now"}},
      js::object{{"name", "other"}, {"method", "PUT"}, {"url", "http://y/"}, {"updated", "now"}}};
  return all;
}

struct Screen {
  Model model{"http://192.0.2.9:8000/", "monitor-1"};

  void hear(const js::object& message) { model.heard(js::serialize(message)); }
  void start(const js::object& first = snapshot()) {
    model.connected();
    hear(first);
  }
  // The only call that came of what was done.
  Call call() {
    auto calls = model.take_calls();
    BOOST_REQUIRE(calls.size() == 1U);
    return calls.front();
  }
  void press(Kind kind) { (void)model.press({kind}); }
  void type(const std::string& text) {
    for (const char c : text) (void)model.press({Kind::letter, std::string(1, c)});
  }
  void answer(const Call& call, unsigned status, const js::value& body) {
    model.answered(call.number, {status, js::serialize(body), ""});
  }
  std::vector<std::string> rows() const {
    std::vector<std::string> all;
    for (const auto& row : model.rows()) all.push_back(row.cells.front().text);
    return all;
  }
  std::string detail() const {
    std::string all;
    if (model.detail() == nullptr) return all;
    for (const auto& line : model.detail()->lines) all += line.text + "\n";
    return all;
  }
};

}  // namespace dispatch::cli::monitor
