// Faults as a scenario has them, from the YAML to what a client sees.
#include "sim/scenario/load.hpp"
#include "sim/scenario/run.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace dispatch::scenario {
BOOST_AUTO_TEST_SUITE(scenario_faults)
namespace {

void holds(const std::string& rest) {
  const auto result =
      run(load_text("dispatch: 1\nlinks: {a: {rate: 20 Mbit/s}}\nhosts: {www: }\n" + rest, "f"));
  for (const auto& each : result.expectations) {
    BOOST_TEST(each.passed, each.text << ": " << each.reason);
  }
}

// Its peer hears of it when it asks whether somebody is there (tcp_keepalive: 1 min).
BOOST_AUTO_TEST_CASE(a_rebooted_host_is_silent_and_serves_again_when_it_is_back) {
  holds(R"(
workloads:
  - {name: cut, download: {from: www, size: 5 MB}}
  - {name: during, at: 2s, download: {from: www, size: 10 kB, timeout: 1s}}
  - {name: back, at: 5s, download: {from: www, size: 10 kB}}
events: [{at: 1s, host: www, reboot: 3s}]
expect: [cut.failures == 1, cut.ended in 60s..62s, during.failures == 1, back.completed]
)");
}

BOOST_AUTO_TEST_CASE(a_host_that_is_rebooted_while_it_is_off_comes_back_after_the_last_time) {
  holds(R"(
workloads:
  - {name: early, at: 4500ms, download: {from: www, size: 10 kB, timeout: 400ms}}
  - {name: back, at: 6s, download: {from: www, size: 10 kB}}
events: [{every: 2s, from: 1s, to: 3s, host: www, reboot: 2500ms}]
expect: [early.failures == 1, back.completed]
)");
}

BOOST_AUTO_TEST_CASE(a_full_backlog_keeps_new_connections_waiting_and_old_ones_not) {
  holds(R"(
workloads:
  - {name: old, download: {from: www, size: 5 MB, via: direct}}
  - {name: new, at: 1s, download: {from: www, size: 10 kB, via: direct}}
events: [{at: 500ms, host: www, backlog_full}, {at: 4500ms, host: www, up}]
expect: [old.completed, old.ended < 3s, new.completed, new.duration in 4s..5s]
)");
}

BOOST_AUTO_TEST_CASE(a_slow_writer_and_a_slow_reader_hold_transfers_to_their_rate) {
  holds(R"(
workloads:
  - {name: down, download: {from: www, size: 1 MB, via: direct}}
  - {name: up, at: 20s, upload: {to: www, size: 1 MB, via: direct}}
events:
  - {at: 0s, host: www, slow_writer: 100 kB/s}
  - {at: 15s, host: www, up}
  - {at: 16s, host: www, slow_reader: 100 kB/s}
expect: [down.completed, down.duration in 9500ms..11s, up.completed, up.duration in 9500ms..11s]
)");
}

BOOST_AUTO_TEST_CASE(a_router_that_prohibits_ends_new_connections_and_only_holds_up_old_ones) {
  holds(R"(
workloads:
  - {name: old, download: {from: www, size: 5 MB, via: direct}}
  - {name: new, at: 1500ms, download: {from: www, size: 10 kB, via: direct}}
events: [{at: 1s, link: a, unreachable: prohibited}, {at: 2s, link: a, up}]
expect: [old.completed, old.duration > 3s, new.failures == 1, new.duration < 100ms]
)");
}

BOOST_AUTO_TEST_CASE(an_unplugged_interface_is_back_when_it_is_plugged_in) {
  holds(R"(
workloads:
  - {name: during, at: 1s, download: {from: www, size: 10 kB, via: direct}}
  - {name: back, at: 3s, download: {from: www, size: 10 kB, via: direct}}
events: [{at: 500ms, link: a, unplug}, {at: 2s, link: a, up}]
expect: [during.failures == 1, during.duration < 10ms, back.completed]
)");
}

BOOST_AUTO_TEST_CASE(an_interface_without_an_address_has_no_way_until_it_gets_one) {
  holds(R"(
workloads:
  - {name: open, download: {from: www, size: 5 MB, via: direct, timeout: 20s}}
  - {name: during, at: 1500ms, download: {from: www, size: 10 kB, via: direct}}
  - {name: leased, at: 3s, download: {from: www, size: 10 kB, via: direct}}
  - {name: back, at: 7s, download: {from: www, size: 10 kB, via: direct}}
events:
  - {at: 1s, link: a, no_address}
  - {at: 2s, link: a, address: 10.1.7.9/24}
  - {at: 5s, link: a, no_address: IPv4}
  - {at: 6s, link: a, up}
expect: [open.failures == 1, open.duration == 20s, during.failures == 1, during.duration == 0s,
         leased.completed, back.completed]
)");
}

// What is open stands still and goes on; the other family never noticed.
BOOST_AUTO_TEST_CASE(an_interface_without_a_route_has_no_way_until_it_is_up_again) {
  holds(R"(
workloads:
  - {name: open, download: {from: www, size: 5 MB, via: direct}}
  - {name: during, at: 1500ms, download: {from: www, size: 10 kB, via: direct}}
  - {name: other, at: 1500ms, download: {from: "2001:db8:cb00::a", size: 10 kB, via: direct}}
  - {name: back, at: 4s, download: {from: www, size: 10 kB, via: direct}}
events: [{at: 1s, link: a, no_route: IPv4}, {at: 3s, link: a, up}]
expect: [open.completed, open.duration > 4s, during.failures == 1, during.duration == 0s,
         other.completed, back.completed]
)");
}

BOOST_AUTO_TEST_CASE(a_killed_host_refuses_until_its_programs_are_started_again) {
  holds(R"(
workloads:
  - {name: cut, download: {from: www, size: 5 MB, via: direct}}
  - {name: during, at: 2s, download: {from: www, size: 10 kB, via: direct}}
  - {name: back, at: 4s, download: {from: www, size: 5 MB, via: direct}}
  - {name: again, at: 6s, download: {from: www, size: 10 kB, via: direct}}
events:
  - {at: 1s, host: www, kill}
  - {at: 3s, host: www, restart}
  - {at: 5s, host: www, restart}
expect: [cut.failures == 1, cut.duration < 1500ms, during.failures == 1, during.duration < 100ms,
         back.failures == 1, back.ended < 5500ms, again.completed]
)");
}

// One that stands still is killed, too; one that is off stays so.
BOOST_AUTO_TEST_CASE(a_restart_ends_a_freeze_and_no_reboot) {
  holds(R"(
workloads:
  - {name: frozen, at: 1500ms, download: {from: www, size: 10 kB, via: direct}}
  - {name: thawed, at: 3s, download: {from: www, size: 10 kB, via: direct}}
  - {name: off, at: 6s, download: {from: www, size: 10 kB, via: direct, timeout: 1s}}
  - {name: back, at: 9s, download: {from: www, size: 10 kB, via: direct}}
events:
  - {at: 1s, host: www, freeze}
  - {at: 2s, host: www, restart}
  - {at: 4s, host: www, reboot: 4s}
  - {at: 5s, host: www, restart}
expect: [frozen.failures == 1, thawed.completed, off.failures == 1, back.completed]
)");
}

BOOST_AUTO_TEST_CASE(a_name_server_is_as_it_was_when_its_fault_is_over) {
  holds(R"(
dns: {records: {www.example: www}}
engine: {dns_cache: 0s}
workloads:
  - {name: before, requests: {to: www.example, rate: 2/s, response: 1 kB, until: 4s}}
  - {name: during, at: 6s, requests: {to: www.example, rate: 2/s, response: 1 kB, until: 9s}}
  - {name: after, at: 16s, requests: {to: www.example, rate: 2/s, response: 1 kB, until: 19s}}
events: [{at: 5s, dns: SERVFAIL, for: 10s}]
expect: [before.failures == 0, during.completions == 0, after.failures == 0]
)");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::scenario
