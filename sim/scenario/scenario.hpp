// What a scenario says: a world, the engine's options, the traffic, the faults and what is expected
// of it all. Plain data: read from YAML by load.hpp, written by dump.hpp, or built by a program.
//
// The members mirror the keys of the file (docs/scenarios.md); defaults stand beside them.
#pragma once

#include "engine/net/address.hpp"
#include "engine/proxy/proxy_protocol.hpp"
#include "engine/stream/parity.hpp"
#include "engine/stream/spread_mode.hpp"
#include "engine/traffic/pattern.hpp"
#include "sim/host/dns_behaviour.hpp"
#include "sim/host/nat.hpp"
#include "sim/link/link_options.hpp"
#include "sim/link/packet.hpp"
#include "sim/scenario/draw.hpp"
#include "sim/scenario/error.hpp"
#include "sim/scenario/seeds.hpp"
#include "sim/scenario/units.hpp"
#include "sim/tcp/options.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace dispatch::scenario {

// One direction of a link: the models of sim/link, see docs/links.md.
struct DirectionSpec {
  sim::RateModel rate = sim::DataRate::mbit_per_second(100);
  Duration delay = std::chrono::milliseconds(10);  // one way
  sim::Jitter jitter;
  sim::LossModel loss = 0.0;
  std::optional<sim::QueueModel> queue;  // none: one bandwidth-delay product (see queue_of)
  double duplicate = 0;
  double corrupt = 0;
  sim::Reordering reorder;
  sim::Suspension suspend;
  sim::Handover handover;
};

// What a `set` event or a step of a schedule changes in one direction; the rest stays.
struct DirectionChange {
  std::optional<sim::RateModel> rate;
  std::optional<Duration> delay;
  std::optional<sim::Jitter> jitter;
  std::optional<sim::LossModel> loss;
  std::optional<sim::QueueModel> queue;
  std::optional<double> duplicate;
  std::optional<double> corrupt;
  std::optional<sim::Reordering> reorder;
  std::optional<sim::Suspension> suspend;
  std::optional<sim::Handover> handover;

  friend bool operator==(const DirectionChange&, const DirectionChange&) = default;
};

// What a link is set to. `over` a time: rates, delays and probabilities go there in even steps, the
// rest changes at the beginning.
struct LinkChange {
  DirectionChange down;
  DirectionChange up;
  Duration over{};
};

// Changes of a link that its own nature brings, from the start of the scenario on.
struct ScheduleSpec {
  struct Step {
    Position position;
    Duration at{};
    LinkChange change;
  };
  std::vector<Step> steps;
  Duration repeat{};  // 0: once; else longer than the last step's time
};

// A captive portal: what becomes of all but names and web pages.
struct PortalSpec {
  bool refuses_others = true;  // else it is dropped
};

// A network interface of a machine, and the access line behind it.
struct LinkSpec {
  Position position;
  std::string name;         // of one of further machines: "MACHINE.INTERFACE"
  std::size_t machine = 0;  // 0: the first one; else Scenario::machines[machine - 1]
  DirectionSpec down;       // towards the machine
  DirectionSpec up;
  bool half_duplex = false;
  std::uint32_t mtu = 1500;      // of the interface
  std::uint32_t path_mtu = 0;    // of the path behind it; 0: any size
  bool pmtu_black_hole = false;  // nobody is told of what is too large for the path
  ScheduleSpec schedule;
  std::optional<sim::NatOptions> nat;    // an external address of 0.0.0.0: see plan.hpp
  std::optional<PortalSpec> portal;      // nobody has signed in at the beginning
  std::optional<sim::DnsBehaviour> dns;  // how name servers treat those who ask by it
  std::vector<net::Prefix> addresses;    // none: one of each family, see plan.hpp
};

struct UserSpec {
  std::string name;
  std::string password;
};

// Another dispatch, as a proxy for SOCKS and HTTP that leads out by its host's own address.
struct ProxySpec {
  std::uint16_t port = 1080;
  std::vector<UserSpec> users;  // none: no password is asked for
  // Within TLS it shows a certificate of this name; empty: of its host's. None: it has no TLS.
  std::optional<std::string> tls{};
};

struct HttpSpec {
  std::uint16_t port = 80;
  bool accept_proxy = false;  // each connection begins with a header of the PROXY protocol
};

// A name server with the records of DnsSpec.
struct NameServerSpec {
  std::uint16_t port = 53;
  sim::DnsBehaviour behaviour{};  // without a delay: that of DnsSpec
};

// A machine in the internet that serves HTTP (traffic::Origin), as a proxy, or names of the DNS.
struct HostSpec {
  Position position;
  std::string name;
  std::vector<net::Address> addresses;  // none: one of each family, see plan.hpp
  Duration delay{};                     // one way, between it and the middle of the internet
  std::optional<sim::tcp::CongestionAlgorithm> congestion;  // none: the scenario's
  std::optional<sim::tcp::EcnPolicy> ecn;                   // none: the scenario's
  std::vector<HttpSpec> http{{}};
  std::vector<ProxySpec> proxies;
  std::vector<NameServerSpec> name_servers;
  std::vector<std::uint16_t> echoes;  // ports at which datagrams are sent back
};

enum class DnsOutcome : std::uint8_t { answer, nxdomain, servfail };

struct DnsRecord {
  Position position;
  std::string name;
  DnsOutcome outcome = DnsOutcome::answer;
  std::vector<net::Address> addresses;  // of an answer
  std::string host;                     // or, in their place, all addresses of this host
};

struct DnsSpec {
  Duration delay = std::chrono::milliseconds(5);  // before the server answers
  sim::DnsFault fault = sim::DnsFault::none;      // of the scenario's name server
  std::vector<DnsRecord> records;
};

// What `dispatch start` would be given, by the names of its options; so are the defaults.
struct EngineSpec {
  struct Text {
    Position position;
    std::string text;
  };

  std::vector<Text> start;  // as link::parse_link_spec reads it; none: every interface, weight 1
  std::uint16_t port = 1080;
  // As proxy::parse_listener_spec reads them, in place of the port; none: 127.0.0.1 at the port.
  std::vector<Text> listen;
  std::optional<proxy::proxy_protocol::Version> send_proxy;

  Text policy = {{}, "round-robin"};  // as link::parse_policy reads it
  std::vector<Text> routes;           // as proxy::parse_route_rule reads them
  std::vector<net::Endpoint> dns;     // name servers; none: that of the world
  Duration dns_cache = std::chrono::hours(1);
  Duration connect_timeout = std::chrono::seconds(30);
  std::optional<Duration> slow_attempt;  // none: as the links are known to need

  std::vector<Text> probe;  // as link::parse_probe_spec reads them
  Duration probe_interval = std::chrono::seconds(30);
  bool no_probes = false;
  bool no_health = false;
  Duration dead_link_timeout = std::chrono::milliseconds(1500);

  std::vector<UserSpec> users;  // none: no password is asked for
  std::vector<net::Prefix> allow;
  std::uint64_t max_connections = 0;  // 0: no limit
  std::uint64_t max_per_client = 0;
  std::uint64_t max_per_target = 0;
  Text client_rate;  // as link::parse_rate_limits reads it; empty: no limit

  Duration handshake_timeout = std::chrono::seconds(30);
  Duration idle_timeout{};  // 0: never
  Duration half_open_timeout = std::chrono::minutes(5);
  Duration tcp_keepalive = std::chrono::minutes(1);  // 1s to net::kKeepAliveMax; 0: never
  Duration keep_alive_timeout = std::chrono::minutes(1);
  Duration bind_timeout = std::chrono::minutes(2);

  Duration udp_timeout = std::chrono::minutes(2);
  bool udp_one_link = false;
  bool udp_only_answers = false;
};

enum class Via : std::uint8_t { socks5, http, direct };

// What clients ask of the proxy, whatever they do.
struct AccessSpec {
  std::string host;  // a host's name, a name of the DNS, or an address
  Via via = Via::socks5;
  std::string user;      // of EngineSpec::users; empty: none
  std::string listener;  // of EngineSpec::listen, without options; empty: the first
};

// Transfers of a given size, some at a time, each tried again where it fails.
struct BulkSpec : AccessSpec {
  enum class Direction : std::uint8_t { download, upload };

  Direction direction = Direction::download;
  Bytes size;
  std::uint64_t count = 1;                   // transfers in all
  std::uint64_t parallel = 1;                // at most so many at a time
  Duration timeout = Duration::max();        // for one attempt
  Duration stall_timeout = Duration::max();  // without a byte of progress: the attempt is given up
  std::uint64_t retries = 0;                 // attempts after the first, for each transfer
  Duration retry_delay{};
};

// Requests: at instants that do not depend on the answers (an open loop), or by users, each of whom
// waits for the answer and thinks a while before the next one (a closed loop).
struct RequestsSpec : AccessSpec {
  std::optional<Frequency> rate;                // of an open loop
  bool poisson = false;                         // at random instants of that rate
  std::uint64_t users = 0;                      // of a closed loop
  Draw think = Draw::constant(1'000'000'000);   // ns
  Draw response = Draw::constant(10'000);       // bytes
  Duration until{};                             // no request is sent at or after this time
  Duration timeout = std::chrono::seconds(30);  // for one request
};

// Pages: a document, then the objects that it names, some at a time; then the reader reads.
struct BrowseSpec : AccessSpec {
  std::uint64_t users = 1;
  std::uint64_t pages = 0;                      // of each user; 0: until `until`
  Duration until{};                             // no page is begun at or after this time
  Draw think = Draw::constant(5'000'000'000);   // ns, between two pages
  Draw document = Draw::constant(50'000);       // bytes
  Draw objects = Draw::constant(20);            // how many
  Draw size = Draw::pareto(25'000);             // bytes, of each object
  std::uint64_t parallel = 6;                   // connections at a time
  Duration timeout = std::chrono::seconds(30);  // for a page
};

// Messages over a connection that is kept for as long as it lives, and made anew after that.
struct ChatSpec : AccessSpec {
  std::uint64_t users = 1;
  Duration until{};
  Draw every = Draw::constant(5'000'000'000);   // ns, from an answer to the next message
  Draw message = Draw::constant(300);           // bytes
  Duration timeout = std::chrono::seconds(10);  // for the answer: then it connects anew
};

// A player: segments are loaded ahead of what is shown, which stalls when there is none left.
struct VideoSpec : AccessSpec {
  Rate bitrate;
  Duration segment = std::chrono::seconds(4);
  Duration length = std::chrono::minutes(1);    // of the video
  Duration buffer = std::chrono::seconds(20);   // loaded ahead at most
  Duration startup = std::chrono::seconds(4);   // loaded before it begins, and after a stall
  Duration timeout = std::chrono::seconds(10);  // for a segment: then it is asked for anew
};

// A call: datagrams in a steady rhythm to a host that sends them back.
struct CallSpec : AccessSpec {
  Frequency rate{50, std::chrono::seconds(1)};
  Bytes size{160};
  Duration until{};
};

// `dispatch send --framed` on a machine, and `dispatch record --framed` on a host. It is no client
// of the proxy.
struct StreamSpec : AccessSpec {
  Rate rate{4'000'000};  // of payload
  Bytes size{1200};      // of each datagram
  Duration until{};
  std::vector<std::string> links;            // as link::parse_link_spec reads them; none: all
  std::optional<stream::SpreadMode> spread;  // none: as the routes have it
  Duration repair{};                         // 0: nothing is sent again
  stream::ParityShape parity;
};

// Requests that a coordinator has executed by its agents, each with a name of its own.
struct ExecuteSpec : AccessSpec {
  Frequency rate{10, std::chrono::seconds(1)};
  Duration until{};  // none is sent from then on
  std::string method = "GET";
  Duration timeout = std::chrono::seconds(10);  // that the coordinator is given
  Duration wait{};                              // before the target answers
  std::uint64_t attempts = 3;
  std::string session;  // of all of them; empty: none
};

struct WorkloadSpec {
  Position position;
  std::string name;
  std::string client;  // a machine, or clients in its network; empty: the first machine
  Duration at{};
  std::variant<BulkSpec, RequestsSpec, BrowseSpec, ChatSpec, VideoSpec, CallSpec, StreamSpec,
               ExecuteSpec>
      work;
};

// Another machine with links, and a dispatch of its own.
struct MachineSpec {
  Position position;
  std::string name;
  EngineSpec engine;
};

// Computers in the local network of a machine, which have no links but its dispatch.
struct ClientSpec {
  Position position;
  std::string name;
  std::string of;  // the machine; empty: the first one
  std::uint64_t count = 1;
  Rate rate{1'000'000'000};                         // of each one's line to the machine
  Duration delay = std::chrono::microseconds(200);  // one way
};

// A coordinator on a host, its agents on hosts and machines, and hosts that keep a ledger of what
// they are asked (traffic::Ledger).
struct FleetSpec {
  Position position;
  std::string coordinator;
  std::vector<std::string> agents;  // hosts, or machines: these lead out by their links
  std::vector<std::string> targets;
  std::string strategy = "round-robin";
  Duration ping_interval = std::chrono::seconds(10);
  std::uint64_t per_agent = 100;
  std::uint64_t per_host = 0;
};

struct EventSpec {
  enum class Action : std::uint8_t {
    blackhole,       // every packet vanishes, and nobody is told
    blackhole_down,  // only towards the machine
    blackhole_up,
    down,  // the interface is down: errors as Linux gives them
    up,    // undoes all of these
    set,
    flap,          // a blackhole for a while
    unplug,        // the interface vanishes, with its addresses and routes; up plugs it in
    address,       // what a new DHCP lease does: the addresses of a family are others
    no_address,    // an interface loses its addresses; up, or an address event, brings new ones
    no_route,      // it loses its default routes; up brings them back
    unreachable,   // a router says so to every packet (ICMP); up undoes it
    freeze,        // a host's programs stand still, its kernel goes on (SIGSTOP); up undoes it
    kill,          // a host's programs end: its ports refuse; restart undoes it
    restart,       // its programs end, if they run, and begin anew
    reboot,        // a host is off for a while, and comes back without its state
    backlog_full,  // a host takes no connection: SYNs are dropped; up undoes it
    slow_reader,   // a host takes so much of each connection; up undoes it
    slow_writer,   // a host gives so much to each connection; up undoes it
    dns,           // how a name server answers
    rebind,        // a link's NAT forgets everything, and has another address
    portal,        // a link leads to a captive portal; sign_in undoes it
    sign_in,
  };

  Position position;
  Duration at{};     // the first time
  Duration every{};  // 0: once; else again and again, up to and including `to`
  Duration to{};
  // A link; or a host: blackholes, unreachable, up, and what is said to be a host's; or, of dns,
  // neither: the scenario's name server. That with a link: towards those who ask by it.
  std::string link;
  std::string host;
  Action action = Action::blackhole;
  LinkChange change;                   // of a set
  Duration flap_for{};                 // of a flap
  std::vector<net::Prefix> addresses;  // of a change of address
  std::optional<net::Family> family;   // of no_address and no_route; none: both
  sim::IcmpUnreachable::Reason reason = sim::IcmpUnreachable::Reason::host;  // of an unreachable
  Duration reboot_for{};
  Rate rate;              // of a slow reader or writer
  sim::DnsBehaviour dns;  // of a dns event
  PortalSpec portal;
  Duration lasts{};  // after which dns is as it was before any event; 0: for good
};

struct ExpectationSpec {
  Position position;
  std::string text;  // see expression.hpp
};

struct Scenario {
  std::string source;  // the file's name, for messages
  std::string name;
  std::uint64_t seed = 1;
  std::vector<SeedRange> seeds;  // of whoever runs it many times; none: the seed alone
  Duration duration = std::chrono::minutes(10);  // hard stop, in simulated time
  sim::tcp::CongestionAlgorithm congestion = sim::tcp::CongestionAlgorithm::cubic;
  sim::tcp::EcnPolicy ecn = sim::tcp::EcnPolicy::passive;
  traffic::Content content = traffic::Content::checked;  // of all transfers
  std::vector<LinkSpec> links;                           // of all machines, the first one's first
  std::vector<HostSpec> hosts;
  std::optional<DnsSpec> dns;  // none: no name server can be reached
  EngineSpec engine;           // of the first machine
  std::vector<MachineSpec> machines;
  std::vector<ClientSpec> clients;
  std::optional<FleetSpec> fleet;
  std::vector<WorkloadSpec> workloads;
  std::vector<EventSpec> events;
  std::vector<ExpectationSpec> expectations;
};

// Of the machine of that number.
inline const EngineSpec& engine_of(const Scenario& scenario, std::size_t machine) {
  return machine == 0 ? scenario.engine : scenario.machines[machine - 1].engine;
}

// Of a workload of whatever kind.
const AccessSpec& access_of(const WorkloadSpec& workload);

// The queue; where none was given, drop-tail of one bandwidth-delay product of the direction's mean
// rate and of a round trip of 100 ms, at least 32 kB. (A common rule for access routers.)
sim::QueueModel queue_of(const DirectionSpec& direction);

}  // namespace dispatch::scenario
