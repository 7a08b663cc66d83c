// A client, a proxy with two links, and a target, each a host of its own whose operations can be
// made to fail: the stage of the fault tests. One session is played on it at a time.
#pragma once

#include "engine/link/link_spec.hpp"
#include "engine/link/policy/smooth_weighted_round_robin.hpp"
#include "engine/proxy/proxy_protocol.hpp"
#include "engine/proxy/server.hpp"
#include "sim/core/simulation.hpp"
#include "sim/host/host.hpp"
#include "sim/host/world.hpp"
#include "tests/unit/proxy/faulty_runtime.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::proxy {

// What a session did, as its two ends saw it.
struct Played {
  // Ends that claim to have received everything: the client, and the target.
  bool client_complete = false;
  bool target_complete = false;
  // The client has sent something that is meant for the target.
  bool client_began = false;
  // What must never be: bytes of a complete stream that are not the ones that were sent, ...
  std::vector<std::string> broken;
};

struct FaultWorld;

// What the proxy is given, and so by which way a session comes in and goes out.
struct Setup {
  bool with_password = false;
  // Its listener: TLS only, behind another proxy, at a path.
  bool tls = false;
  std::optional<proxy_protocol::Version> accept_proxy{};
  bool local = false;
  // The way to the target.
  std::optional<proxy_protocol::Version> send_proxy{};
  std::string_view route{};
  std::string_view upstream{};  // a protocol: all links lead through proxies of it
  bool reaches_target = true;   // else it is refused
  // Fewer operations of the proxy make no session: an accept, a connect, reads and writes both
  // ways, two ends.
  std::size_t operations_min = 11;
};

// The two ends of a session. Both report to `played`; neither assumes that anything succeeds.
struct Session {
  std::string_view name;
  net::Task<void> (*client)(FaultWorld&, Played&);
  // Serves one connection; null: the client's part does all.
  net::Task<void> (*target)(FaultWorld&, net::StreamPtr, Played&);
  Setup setup{};
};

enum class Party : std::uint8_t { client, proxy, target };

struct FaultWorld {
  explicit FaultWorld(const Session& session, std::uint64_t seed = 1);
  ~FaultWorld() { simulation.drop_tasks(); }
  FaultWorld(const FaultWorld&) = delete;
  FaultWorld& operator=(const FaultWorld&) = delete;

  FaultLedger& ledger(Party party) { return ledgers[static_cast<std::size_t>(party)]; }

  // A connection of the client's to the proxy, as far as that has to be done before the client can
  // speak its own protocol: the PROXY protocol, TLS. Null where that fails.
  net::Task<net::StreamPtr> reach_proxy();

  // Plays the session until the client has ended and all else has come to rest. `between` is called
  // before each event of the simulation.
  Played play(const std::function<void()>& between = [] {});

  // What is left over of all that was played; empty: nothing.
  std::vector<std::string> left_over();

  static inline const net::Endpoint kProxy{net::AddressV4({10, 0, 0, 1}), 1080};
  static inline const net::Address kTarget = net::AddressV4({203, 0, 113, 10});
  static constexpr std::uint16_t kTargetPort = 80;

  sim::Simulation simulation;
  sim::World world;
  sim::Host& client_host;
  sim::Host& proxy_host;
  sim::Host& target_host;
  sim::Host& hop_host;  // of an upstream proxy
  FaultLedger ledgers[3];
  FaultyRuntime client;
  FaultyRuntime proxy;
  FaultyRuntime target;
  FaultyRuntime local_client;  // a client's program on the proxy's host
  std::optional<link::LinkSet> links;
  std::optional<Server> server;
  std::optional<link::LinkSet> hop_links;
  std::optional<Server> hop_server;

 private:
  void attach_hosts();
  void start_proxy();
  void start_hop();
  static net::Task<void> accept(FaultWorld& self);
  static net::Task<void> serve(FaultWorld& self, net::StreamPtr stream);
  static net::Task<bool> take_header(FaultWorld& self, net::Stream& stream);
  static net::Task<void> run_client(FaultWorld& self, bool& ended);

  const Session& session_;
  Played played_;
  std::size_t targets_served_ = 0;
  std::size_t events_at_rest_ = 0;
};

}  // namespace dispatch::proxy
