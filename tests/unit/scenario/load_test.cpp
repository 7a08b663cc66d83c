#include "sim/scenario/load.hpp"

#include "sim/scenario/dump.hpp"
#include "sim/scenario/engine_options.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

namespace dispatch::scenario {
BOOST_AUTO_TEST_SUITE(load)
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string error_of(std::string_view text) {
  try {
    load_text(text, "f.yaml");
  } catch (const ScenarioError& error) {
    return error.what();
  }
  return "(no error)";
}

// A scenario with everything right, for `tail` to spoil. `tail` begins at line 4.
std::string with(std::string_view tail) {
  return "dispatch: 1\nlinks: {wifi: {rate: 20 Mbit/s}}\nhosts: {www: }\n" + std::string(tail);
}

BOOST_AUTO_TEST_CASE(a_scenario_says_what_it_is) {
  const auto scenario = load_text(R"(
dispatch: 1
name: an example
seed: 42
duration: 60s
x-radio: &radio {delay: 12ms, jitter: 3ms, loss: 0.2%, queue: 250 kB}
links:
  wifi: {<<: *radio, down: 50 Mbit/s, up: {rate: 10 Mbit/s, delay: 20ms}}
  lte: {rate: 8 Mbit/s, address: [10.0.0.2, "fd00::2/48"]}
hosts:
  www: {address: 203.0.113.80, delay: 8ms, serves: [{http: 8080}]}
  cdn:
dns: {delay: 5ms, records: {www.example: www, gone.example: NXDOMAIN, sick.example: SERVFAIL}}
engine: {start: [wifi/2, 10.0.0.2], port: 9000, policy: weighted-round-robin}
workloads:
  - {name: big, at: 1s, download: {from: www, size: 2 MB, count: 5, parallel: 2, retries: 1}}
  - {name: api, requests: {to: www.example, rate: 5/s, response: 10 kB, until: 55s, via: direct}}
events:
  - {at: 5s, link: wifi, blackhole}
  - {at: 6s, link: wifi, set: {loss: 5%, down: 1 Mbit/s}}
expect: [big.completed, "share(wifi) > 1%"]
)",
                                  "f.yaml");
  BOOST_TEST(scenario.seed == 42u);
  BOOST_REQUIRE_EQUAL(scenario.links.size(), 2u);
  const auto& wifi = scenario.links[0];
  BOOST_TEST(sim::mean_rate(wifi.down.rate).bits_per_second() == 50'000'000u);
  BOOST_TEST((wifi.down.delay == milliseconds(12)));
  BOOST_TEST((wifi.up.delay == milliseconds(20)));
  BOOST_TEST((wifi.up.jitter.amount == milliseconds(3)));
  BOOST_TEST((wifi.up.loss == sim::LossModel(0.002)));
  BOOST_TEST(net::to_string(scenario.links[1].addresses.at(0)) == "10.0.0.2/24");
  BOOST_TEST(net::to_string(scenario.links[1].addresses.at(1)) == "fd00::2/48");
  BOOST_TEST(scenario.hosts[0].http.at(0).port == 8080);
  BOOST_TEST(scenario.hosts[1].http.at(0).port == 80);
  BOOST_TEST((scenario.dns->records[1].outcome == DnsOutcome::nxdomain));
  const auto& big = std::get<BulkSpec>(scenario.workloads[0].work);
  BOOST_TEST(big.count == 5u);
  BOOST_TEST(big.parallel == 2u);
  const auto& api = std::get<RequestsSpec>(scenario.workloads[1].work);
  BOOST_TEST((api.until == seconds(55)));
  BOOST_TEST((api.via == Via::direct));
  BOOST_TEST((scenario.events[0].action == EventSpec::Action::blackhole));
  BOOST_TEST(scenario.events[1].change.down.rate.has_value());
  BOOST_TEST(sim::mean_rate(*scenario.events[1].change.down.rate).bits_per_second() == 1'000'000u);
  BOOST_TEST(!scenario.events[1].change.up.rate.has_value());
  BOOST_TEST((scenario.events[1].change.up.loss == sim::LossModel(0.05)));
  BOOST_TEST((scenario.expectations[1].position == Position{21, 26}));

  // Its own dump says the same.
  const auto text = dump(scenario);
  BOOST_TEST(dump(load_text(text, "f.yaml")) == text);
}

BOOST_AUTO_TEST_CASE(errors_name_the_place_what_was_found_and_what_would_be_right) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "f.yaml:1:1: the file is empty: a scenario begins with dispatch: 1"},
      {"[1, 2", "f.yaml:1:1: not YAML: end of sequence flow not found"},
      {",dispatch: 1\n", "f.yaml:1:1: not YAML: no value can begin here"},
      {"dispatch: 2\nlinks: {}\n",
       "f.yaml:1:11: version 2 of the format: this program reads version 1"},
      {"links: {a: {rate: 1 Mbit/s}}\n",
       "f.yaml:1:1: a scenario needs \"dispatch\": write dispatch: 1"},
      {"dispatch: 1\n",
       "f.yaml:1:1: a scenario needs \"links\": write links: {wifi: {rate: 20 Mbit/s}}"},
      {"dispatch: 1\nlinks: {}\n", "f.yaml:2:8: no links: the machine needs at least one"},
      {with("---\na: 1\n"), "f.yaml:4:1: a second YAML document: a file holds one scenario"},
      {with("lnks: 1\n"),
       "f.yaml:4:1: unknown key \"lnks\" in a scenario; did you mean \"links\"?"},
      {with("seed: 1\nseed: 2\n"), "f.yaml:5:1: \"seed\" is given twice"},
      {with("ecn: maybe\n"),
       "f.yaml:4:6: \"maybe\" is not a way to use ECN: write on, passive or off"},
      {with("congestion: vegas\n"),
       "f.yaml:4:13: \"vegas\" is not a congestion control: write cubic, reno or bbr"},
      {with("seeds: 200..1\n"), "f.yaml:4:8: \"200..1\" ends before it begins"},
      {with("duration: 60\n"), "f.yaml:4:11: \"60\" has no unit: write a duration such as 12 ms"},
      {with("duration: [60s]\n"), "f.yaml:4:11: a list where a duration such as 12 ms is due"},
      {with("duration:\n"), "f.yaml:4:1: nothing where a duration such as 12 ms is due"},
      {with("seed: -1\n"), "f.yaml:4:7: \"-1\" is not a whole number: write one such as 3"},
      {"dispatch: 1\nlinks:\n  wifi: {rate: 50}\n",
       "f.yaml:3:16: \"50\" has no unit: write a rate such as 50 Mbit/s"},
      {"dispatch: 1\nlinks:\n  wifi: {down: 50 mbit/s}\n",
       "f.yaml:3:16: \"mbit/s\" is no unit of a rate; did you mean \"Mbit/s\"?"},
      {"dispatch: 1\nlinks:\n  wifi: {down: 5 Mbit/s}\n",
       "f.yaml:3:9: link \"wifi\" has no rate up: write up: 20 Mbit/s"},
      {"dispatch: 1\nlinks:\n  wifi: {down: {trace: t.down}, up: 8 Mbit/s}\n",
       "f.yaml:3:24: \"t.down\": no such file"},
      {"dispatch: 1\nlinks:\n  wifi: {rate: 8 Mbit/s, loss: {gilbert_elliott: {p: 0.3%}}}\n",
       "f.yaml:3:50: gilbert_elliott needs \"r\": write r: 25%"},
      {"dispatch: 1\nlinks:\n  wifi: {rate: 8 Mbit/s, loss: 120%}\n",
       "f.yaml:3:32: \"120%\" is more than 100 %"},
      {"dispatch: 1\nlinks:\n  wifi: {rate: 8 Mbit/s, address: 10.0.0}\n",
       "f.yaml:3:35: \"10.0.0\" is not an address of an interface: write one such as "
       "192.168.1.2/24"},
      {"dispatch: 1\nlinks:\n  a b: {rate: 8 Mbit/s}\n",
       "f.yaml:3:3: \"a b\" cannot name a link: write a letter, then letters, digits, - and _"},
      {"dispatch: 1\nlinks:\n  a: {rate: 8 Mbit/s, address: 10.0.0.2}\n  b: {rate: 8 Mbit/s, "
       "address: 10.0.0.2}\n",
       "f.yaml:4:3: 10.0.0.2 is the address of \"a\" and of \"b\""},
      {with("engine: {start: [wfi/2]}\n"),
       "f.yaml:4:18: no link or address \"wfi\"; did you mean \"wifi\"?"},
      {with("engine: {start: [wifi], policy: least-conections}\n"),
       "f.yaml:4:33: unknown policy 'least-conections'; did you mean \"least-connections\"?"},
      {with("dns: {records: {www.example: wwww}}\n"),
       "f.yaml:4:30: \"wwww\" is neither an address, a host, NXDOMAIN nor SERVFAIL; did you mean "
       "\"www\"?"},
      {with("workloads:\n  - {name: big}\n"),
       "f.yaml:5:5: a workload needs one of download, upload, requests, browse, chat, video, call, "
       "stream, execute"},
      {with("workloads:\n  - {name: big, download: {form: www, size: 1 MB}}\n"),
       "f.yaml:5:28: unknown key \"form\" in a download; did you mean \"from\"?"},
      {with("workloads:\n  - {name: big, download: {from: www}}\n"),
       "f.yaml:5:27: a download needs \"size\": write size: 10 MB"},
      {with("workloads:\n  - {name: big, download: {from: ww, size: 1 MB}}\n"),
       "f.yaml:5:5: \"big\" goes to \"ww\", which is neither a host, a name of the dns nor an "
       "address; did you mean \"www\"?"},
      {with("workloads:\n  - {name: big, download: {from: www, size: 1 MB, via: socks4}}\n"),
       "f.yaml:5:56: via \"socks4\" is not supported yet"},
      {with("workloads:\n  - {name: v, video: {}}\n"),
       "f.yaml:5:22: video needs \"from\": write from: www"},
      {with("events:\n  - {at: 1s, link: wifi, blackhole, up}\n"),
       "f.yaml:5:37: \"up\" beside \"blackhole\": an event is one of blackhole, down, up, set, "
       "flap, unplug, address, no_address, no_route, unreachable, rebind, portal, sign_in, dns"},
      {with("events:\n  - {at: 1s, link: wifi, no_route: ipv4}\n"),
       "f.yaml:5:36: unknown family \"ipv4\"; did you mean \"IPv4\"?"},
      {with("events:\n  - {at: 1s, link: wif, up}\n"),
       "f.yaml:5:5: no link \"wif\"; did you mean \"wifi\"?"},
      {with("events:\n  - {every: 4s, link: wifi, up}\n"),
       "f.yaml:5:5: an event needs \"from\": write from: 35 s"},
      {with("events:\n  - {at: 1s, link: wifi, up: 5 Mbit/s}\n"),
       "f.yaml:5:30: \"up\" takes no value: write {at: ..., link: ..., up}"},
      {with("expect: [big.completed]\n"), "f.yaml:4:10: no workload \"big\""},
      {with("expect:\n  - \"end <  5\"\n"), "f.yaml:5:13: a duration is compared with a count"},
      {with("expect: [share(wfi) > 5%]\n"), "f.yaml:4:16: no link \"wfi\"; did you mean \"wifi\"?"},
      {with("expect:\n  - eventually: healthy_links = 2 within 10s\n"),
       "f.yaml:5:31: \"= 2 within 10s\" where a comparison is due: write < <= > >= == != or in"},
  };
  for (const auto& [text, message] : cases) {
    BOOST_TEST(error_of(text) == message, "\n" << text << "said: " << error_of(text));
  }
}

// Everything that `dispatch start` takes and a simulation has.
constexpr std::string_view kWholeEngine = R"(
dispatch: 1
links: {wifi: {rate: 20 Mbit/s}, lte: {rate: 8 Mbit/s}}
hosts:
  www:
  office: {serves: [{proxy: 1080, users: {kim: "se:cret"}}, {dns: 53}, {http: 80}]}
dns: {records: {www.example: www}}
engine:
  start: [main=wifi/2, "lte@1,max=9", "work=socks5://kim:se%3Acret@office:1080/3,via=lte"]
  policy: weighted-round-robin
  routes: [.bank.example=work, ":25=refuse", "10.0.0.0/8=direct"]
  dns: [203.0.113.11, "[2001:db8::53]:5353"]
  users: {anna: secret}
  allow: 127.0.0.0/8
  max_connections: 100
  max_per_client: 50
  dns_cache: 0s
  connect_timeout: 20s
  slow_attempt: 2s
  handshake_timeout: 10s
  idle_timeout: 1h
  half_open_timeout: 0s
  tcp_keepalive: 2min
  keep_alive_timeout: 30s
  bind_timeout: 1min
  udp_timeout: 5min
  udp_one_link: true
  udp_only_answers: true
workloads:
  - {name: big, download: {from: www, size: 2 MB, user: anna}}
events:
  - {at: 1s, host: office, freeze}
  - {at: 2s, host: office, up}
  - {at: 3s, host: office, blackhole: up}
  - {at: 4s, host: office, kill}
  - {at: 5s, host: office, restart}
expect: [connections(work) > 0, connections(direct) == 0]
)";

BOOST_AUTO_TEST_CASE(what_dispatch_start_takes_a_scenario_says) {
  const auto scenario = load_text(kWholeEngine, "f.yaml");
  const auto options = server_options_of(scenario.engine);
  BOOST_TEST((options.dial.timeout == seconds(20)));
  BOOST_TEST((options.dial.slow_attempt == seconds(2)));
  BOOST_TEST((options.dial.names.ttl_max == seconds(0)));
  BOOST_TEST((options.dial.names.negative_ttl == seconds(0)));
  BOOST_REQUIRE_EQUAL(options.dial.routes.size(), 3u);
  BOOST_TEST(options.dial.routes[0].link == "work");
  BOOST_TEST(options.accounts.accepts("anna", "secret"));
  BOOST_TEST(options.admission.allowed.size() == 1u);
  BOOST_TEST(options.admission.connections_max == 100u);
  BOOST_TEST(options.admission.connections_per_max == 50u);
  BOOST_TEST((options.handshake_timeout == seconds(10)));
  BOOST_TEST((options.silence.idle == std::chrono::hours(1)));
  BOOST_TEST((options.silence.half_open == seconds(0)));
  BOOST_TEST((options.tcp_keep_alive == net::KeepAlive::after(seconds(120))));
  BOOST_TEST((options.keep_alive_timeout == seconds(30)));
  BOOST_TEST((options.bind_timeout == seconds(60)));
  BOOST_TEST((options.udp.flow_timeout == seconds(300)));
  BOOST_TEST(options.udp.one_link);
  BOOST_TEST(options.udp.only_from_targets);
  BOOST_REQUIRE_EQUAL(scenario.engine.dns.size(), 2u);
  BOOST_TEST(scenario.engine.dns[0].port == 53);
  const auto& office = scenario.hosts[1];
  BOOST_TEST(office.proxies.at(0).users.at(0).password == "se:cret");
  BOOST_TEST(office.name_servers.at(0).port == 53);

  const auto text = dump(scenario);
  BOOST_TEST(dump(load_text(text, "f.yaml")) == text);
}

BOOST_AUTO_TEST_CASE(what_is_left_out_is_as_dispatch_start_has_it) {
  const auto options = server_options_of(EngineSpec{});
  const proxy::ServerOptions defaults;
  BOOST_TEST((options.dial.timeout == defaults.dial.timeout));
  BOOST_TEST((options.dial.slow_attempt == defaults.dial.slow_attempt));
  BOOST_TEST((options.dial.names.ttl_max == defaults.dial.names.ttl_max));
  BOOST_TEST((options.dial.names.negative_ttl == defaults.dial.names.negative_ttl));
  BOOST_TEST((options.handshake_timeout == defaults.handshake_timeout));
  BOOST_TEST((options.silence.idle == defaults.silence.idle));
  BOOST_TEST((options.silence.half_open == defaults.silence.half_open));
  BOOST_TEST((options.tcp_keep_alive == defaults.tcp_keep_alive));
  BOOST_TEST((options.keep_alive_timeout == defaults.keep_alive_timeout));
  BOOST_TEST((options.bind_timeout == defaults.bind_timeout));
  BOOST_TEST((options.udp.flow_timeout == defaults.udp.flow_timeout));
  BOOST_TEST(options.accounts.empty());
}

BOOST_AUTO_TEST_CASE(errors_in_the_engines_part_are_told_as_all_others) {
  const std::pair<std::string, const char*> cases[] = {
      {with("engine: {slow_attempt: 0s}\n"), "f.yaml:4:24: a duration of 0"},
      {with("engine: {tcp_keepalive: 500ms}\n"),
       "f.yaml:4:25: not from 1s to 9h, as Linux has it, or 0s (never)"},
      {with("engine: {slow_attempt: 3}\n"),
       "f.yaml:4:24: \"3\" has no unit: write a duration such as 12 ms"},
      {with("engine: {slow_atempt: 3s}\n"),
       "f.yaml:4:10: unknown key \"slow_atempt\" in engine; did you mean \"slow_attempt\"?"},
      {with("engine: {probe: 1s}\n"),
       "f.yaml:4:17: '1s': no probe: write http://HOST/PATH, tcp://HOST:PORT or dns://NAME"},
      {with("engine: {send_proxy: v3}\n"),
       "f.yaml:4:22: \"v3\" is no version of the PROXY protocol: write v1 or v2"},
      {with("engine: {port: 1080, listen: [\"127.0.0.1:1080\"]}\n"),
       "f.yaml:4:10: the port is among those of \"listen\""},
      {with("engine: {listen: [\"127.0.0.1:1080\", \"127.0.0.1:1080,tls\"]}\n"),
       "f.yaml:4:38: a second listener at 127.0.0.1:1080"},
      {with("engine: {listen: [\"192.0.2.99:1080\"]}\n"),
       "f.yaml:4:20: 192.0.2.99 is neither a loopback address nor one of the links'"},
      {with("engine: {listen: [\"unix:/run/x\"]}\n"),
       "f.yaml:4:20: a scenario has no files: listen at an address and a port"},
      {with("engine: {listen: [\"127.0.0.1:0\"]}\n"),
       "f.yaml:4:20: the proxy needs a port from 1 to 65535"},
      {with("engine: {listen: []}\n"),
       "f.yaml:4:18: no listener: write some, or a port in its place"},
      {with("workloads:\n  - {name: big, download: {from: www, size: 1 MB, listener: "
            "\"127.0.0.1:1081\"}}\n"),
       "f.yaml:5:5: \"big\" comes by \"127.0.0.1:1081\", where the engine does not listen; did you "
       "mean \"127.0.0.1:1080\"?"},
      {with("engine: {routes: .bank.example=wifi}\n"),
       "f.yaml:4:18: \".bank.example=wifi\" where a list of rules such as "
       "[\".bank.example=wifi\"] is due"},
      {with("engine:\n  routes:\n    - .bank.example=wfi\n"),
       "f.yaml:6:21: \"wfi\" is neither direct, refuse, dispatch nor one of the links; did you "
       "mean \"wifi\"?"},
      {with("engine:\n  routes: [\":25x=refuse\"]\n"),
       "f.yaml:5:14: '25x' is not a port: a number up to 65535, or a range 6000-6010"},
      {with("engine: {dns: ns.example}\n"),
       "f.yaml:4:15: \"ns.example\" is not the address of a name server: write one such as "
       "192.0.2.53 or \"[2001:db8::53]:5353\""},
      {with("engine: {allow: [10.0.0.0/33]}\n"),
       "f.yaml:4:18: \"10.0.0.0/33\" is not an address or a range such as 192.168.1.0/24"},
      {with("engine: {max_connections: many}\n"),
       "f.yaml:4:27: \"many\" is not a whole number: write one such as 3"},
      {with("engine: {users: {}}\n"),
       "f.yaml:4:17: no user: write some, or leave \"users\" out to let everyone in"},
      {with("engine: {users: {a: }}\n"), "f.yaml:4:18: nothing where a password is due"},
      {with("engine: {udp_one_link: 1}\n"), "f.yaml:4:24: \"1\" is neither true nor false"},
      {with("engine: {start: [\"socks5://offce:1080\"]}\n"),
       "f.yaml:4:19: the proxy \"offce\" is neither a host, a name of the dns nor an address"},
      {with("engine: {start: [\"https://www:443,ca=x.pem\"]}\n"),
       "f.yaml:4:19: a scenario stands by itself: its certificates are believed without ca="},
      {with("engine: {start: [\"socks5://www:1080,via=lte\"]}\n"),
       "f.yaml:4:19: no link or address \"lte\""},
      {with("engine: {start: [\"wifi=socks5://www:1080\"]}\n"),
       "f.yaml:4:19: \"wifi\" cannot name a link: it means something else"},
      {with("engine: {start: [\"a=socks5://www:1080\", \"a=http://www:80\"]}\n"),
       "f.yaml:4:42: \"a\" is given twice"},
      {with("engine: {start: [a=wifi, b=wifi]}\n"), "f.yaml:4:26: \"b\" is given twice"},
      {with("engine: {start: [\"socks5://a@www:1080,password-env=X\"]}\n"),
       "f.yaml:4:19: a scenario stands by itself: write the password into the URL"},
      {with("workloads:\n  - {name: big, download: {from: www, size: 1 MB, user: kim}}\n"),
       "f.yaml:5:5: \"big\" is user \"kim\", who is none of the engine's users"},
      {"dispatch: 1\nlinks: {a: {rate: 1 Mbit/s}}\nhosts:\n  ns: {serves: [{dns: 53}]}\n",
       "f.yaml:4:3: \"ns\" serves names, and there is no dns to say which"},
      {"dispatch: 1\nlinks: {a: {rate: 1 Mbit/s}}\nhosts: {h: {serves: [{http: 80, users: {a: "
       "b}}]}}\n",
       "f.yaml:3:33: users are those of a proxy"},
      {"dispatch: 1\nlinks: {a: {rate: 1 Mbit/s}}\nhosts: {h: {serves: [{http: 80, tls: true}]}}\n",
       "f.yaml:3:33: only a proxy can have TLS"},
      {"dispatch: 1\nlinks: {a: {rate: 1 Mbit/s}}\nhosts: {h: {serves: [{dns: 53, accept_proxy: "
       "true}]}}\n",
       "f.yaml:3:32: only an http server takes headers of the PROXY protocol"},
      {with("content: count\n"),
       "f.yaml:4:10: unknown content \"count\": write one of checked, counted"},
      {with("content: counted\nworkloads: [{name: big, download: {from: www, size: 1 MB}}]\n"
            "expect: [big.completed, big.bytes_intact]\n"),
       "f.yaml:6:25: no byte is checked where content is counted: leave out bytes_intact, or write "
       "content: checked"},
      {with("events:\n  - {at: 1s, host: ww, kill}\n"),
       "f.yaml:5:5: no host \"ww\"; did you mean \"www\"?"},
      {with("events:\n  - {at: 1s, host: www, down}\n"),
       "f.yaml:5:25: \"down\" is for links: of a host an event is one of blackhole, up, "
       "unreachable, freeze, kill, restart, reboot, backlog_full, slow_reader, slow_writer, dns"},
      {with("events:\n  - {at: 1s, link: wifi, kill}\n"),
       "f.yaml:5:26: \"kill\" is for hosts: of a link an event is one of blackhole, down, up, set, "
       "flap, unplug, address, no_address, no_route, unreachable, rebind, portal, sign_in, dns"},
      {with("events:\n  - {at: 1s, link: wifi, host: www, up}\n"),
       "f.yaml:5:26: \"host\" beside \"link\": an event is one of link, host"},
  };
  for (const auto& [text, message] : cases) {
    BOOST_TEST(error_of(text) == message, "\n" << text << "said: " << error_of(text));
  }
}

constexpr const char* kFaults = R"(
dispatch: 1
links:
  home: {rate: 20 Mbit/s, nat: {tcp_timeout: 5 min, filtering: any, unknown: forward}, dns: silent}
  flat: {rate: 20 Mbit/s, nat: true, portal: {others: drop}, dns: {fault: only_a, delay: 1s}}
hosts:
  www: {serves: [{http: 80}, {dns: 53, fault: truncated, delay: 40ms}]}
dns: {fault: refused, records: {www.example: www}}
workloads:
  - {name: big, download: {from: www, size: 2 MB}}
events:
  - {at: 1s, link: home, unplug}
  - {at: 2s, link: home, address: [10.0.0.9/24, "2001:db8:7::9/64"]}
  - {at: 3s, link: home, unreachable}
  - {at: 4s, link: home, unreachable: prohibited}
  - {at: 5s, link: home, rebind}
  - {at: 6s, link: home, portal}
  - {at: 7s, link: home, sign_in}
  - {at: 8s, link: home, dns: NXDOMAIN, for: 2s}
  - {at: 9s, dns: {delay: 3s}}
  - {at: 9s, host: www, dns: answer}
  - {at: 10s, host: www, reboot: 3s}
  - {at: 20s, host: www, backlog_full}
  - {at: 21s, host: www, slow_reader: 10 kB/s}
  - {at: 22s, host: www, slow_writer: 20 kB/s}
  - {at: 23s, host: www, unreachable: network}
  - {at: 24s, link: home, no_address}
  - {at: 25s, link: home, no_route: IPv6}
  - {at: 26s, host: www, restart}
)";

BOOST_AUTO_TEST_CASE(faults_are_read_and_written_again) {
  const auto scenario = load_text(kFaults, "f.yaml");
  const auto& home = scenario.links[0];
  BOOST_TEST((home.nat->tcp == std::chrono::minutes(5)));
  BOOST_TEST(home.nat->forwards_unknown);
  BOOST_TEST((home.nat->filtering == sim::NatFiltering::any));
  BOOST_TEST((home.dns->fault == sim::DnsFault::silent));
  BOOST_TEST(!scenario.links[1].portal->refuses_others);
  BOOST_TEST((scenario.links[1].dns->delay == seconds(1)));
  const auto& events = scenario.events;
  BOOST_TEST(events[1].addresses.size() == 2u);
  BOOST_TEST((events[2].reason == sim::IcmpUnreachable::Reason::host));
  BOOST_TEST((events[3].reason == sim::IcmpUnreachable::Reason::prohibited));
  BOOST_TEST((events[7].lasts == seconds(2)));
  BOOST_TEST((events[10].reboot_for == seconds(3)));
  BOOST_TEST(events[12].rate.bits_per_second == 80'000u);
  BOOST_TEST(!events[15].family);
  BOOST_TEST((events[16].family == net::Family::v6));
  const auto text = dump(scenario);
  BOOST_TEST(dump(load_text(text, "f.yaml")) == text);
}

BOOST_AUTO_TEST_CASE(errors_in_faults_are_told_as_all_others) {
  const std::pair<std::string, const char*> cases[] = {
      {with("events: [{at: 1s, link: wifi, rebind}]\n"),
       "f.yaml:4:10: \"wifi\" has no NAT: write nat: true"},
      {with("events: [{at: 1s, dns: SERVFAIL}]\n"),
       "f.yaml:4:10: a dns event, and there is no dns"},
      {with("dns: {records: {a.b: www}}\nevents: [{at: 1s, dns: servfail}]\n"),
       "f.yaml:5:24: \"servfail\" is no way to answer; did you mean \"SERVFAIL\"?"},
      {with("dns: {records: {a.b: www}}\nevents: [{at: 1s, host: www, dns: silent}]\n"),
       "f.yaml:5:10: \"www\" serves no names: write {dns: 53}"},
      {with("events: [{at: 1s, link: wifi, address: 203.0.113.10}]\n"),
       "f.yaml:4:10: 203.0.113.10 is the address of \"www\""},
      {with("events: [{at: 1s, link: wifi, unreachable: nobody}]\n"),
       "f.yaml:4:44: no router says \"nobody\": write one of host, network, prohibited, "
       "network_prohibited, host_prohibited"},
      {with("events: [{at: 1s, host: www, slow_reader: 1 bit/s}]\n"),
       "f.yaml:4:43: less than a byte a second: use a freeze event"},
      {with("events: [{at: 1s, link: wifi, up, for: 2s}]\n"),
       "f.yaml:4:35: \"for\" is for a dns event"},
      {"dispatch: 1\nlinks: {a: {rate: 1 Mbit/s, nat: {address: \"2001:db8::7\"}}}\n",
       "f.yaml:2:44: a NAT translates IPv4 only"},
      {"dispatch: 1\nlinks: {a: {rate: 1 Mbit/s, dns: silent}}\n",
       "f.yaml:2:9: names by \"a\" have a fault, and there is no dns"},
  };
  for (const auto& [text, message] : cases) {
    BOOST_TEST(error_of(text) == message, "\n" << text << "said: " << error_of(text));
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_named) {
  BOOST_CHECK_EXCEPTION(
      load_file("/nowhere/a.yaml"), ScenarioError, [](const ScenarioError& error) {
        return std::string(error.what()) == "/nowhere/a.yaml: No such file or directory";
      });
  BOOST_CHECK_EXCEPTION(load_file("/"), ScenarioError, [](const ScenarioError& error) {
    return std::string(error.what()) == "/: is a directory";
  });
}

// Maps that merge one another without end are refused; they do not hang.
BOOST_AUTO_TEST_CASE(merges_without_end_are_refused) {
  std::string text = "x-a0: &a0 {delay: 1ms}\n";
  for (int i = 1; i < 30; ++i) {
    const auto last = std::to_string(i - 1);
    text += "x-a" + std::to_string(i) + ": &a" + std::to_string(i) + " {<<: [*a" + last + ", *a" +
            last + "]}\n";
  }
  text += "dispatch: 1\nlinks: {wifi: {<<: *a29, rate: 1 Mbit/s}}\n";
  BOOST_TEST(error_of(text).ends_with("too many maps merged into one another"), error_of(text));
}

// Whatever comes, loading ends with a scenario or a ScenarioError of one line.
BOOST_AUTO_TEST_CASE(damaged_files_are_read_or_refused) {
  const std::string good = with(
      "dns: {records: {a.example: www}}\nworkloads:\n  - {name: big, download: {from: www, size: 1 "
      "MB}}\nevents:\n  - {at: 1s, link: wifi, set: {down: {loss: 1%}}}\nexpect: [big.completed, "
      "\"share(wifi) in 1%..5%\"]\n");
  BOOST_TEST(error_of(good) == "(no error)");
  const std::string_view spoil = "{}[]:,-&*!|>'\"%@` \n\tx0#.\\";
  std::mt19937_64 random(3);
  int refused = 0;
  for (int i = 0; i < 5'000; ++i) {
    auto text = good;
    for (auto n = 1 + random() % 3; n > 0; --n) {
      const auto at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = spoil[random() % spoil.size()];
          break;
        case 1:
          text.insert(at, 1, spoil[random() % spoil.size()]);
          break;
        default:
          text.erase(at, 1 + random() % 5);
          break;
      }
    }
    const auto error = error_of(text);
    BOOST_REQUIRE(error.find('\n') == std::string::npos);
    if (error != "(no error)") ++refused;
  }
  BOOST_TEST(refused > 1'000);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::scenario
