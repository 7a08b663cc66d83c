// The suite's world in the simulator.
#include "sim/core/simulation.hpp"
#include "sim/host/world.hpp"
#include "tests/conformance/name_server.hpp"
#include "tests/conformance/world.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::conformance {
namespace {

using namespace std::chrono_literals;

// Of virtual time. Transfers, time-outs and outages of the cases take seconds of it.
constexpr net::Duration kLimit = 600s;

net::Address address(const char* text) {
  return *net::parse_address(text);
}
net::Prefix prefix(const char* text) {
  return *net::parse_prefix(text);
}

sim::LinkOptions link_options() {
  sim::DirectionOptions direction;
  direction.rate = sim::DataRate::bits_per_second(1'000'000'000);
  direction.delay = 500us;
  return sim::LinkOptions::symmetric(direction);
}

constexpr const char* kRoutes[] = {"10.77.9.0/24", "198.51.100.0/24", "fd77:9::/64",
                                   "2001:db8:dead::/48"};

class SimWorld final : public World {
 public:
  SimWorld()
      : world_(simulation_),
        client_(world_.add_host("client")),
        server_(world_.add_host("server")),
        links_{{"wan0", address("10.77.0.2"), address("fd77:0::2")},
               {"wan1", address("10.77.1.2"), address("fd77:1::2")}} {
    world_.set_unknown_destination(sim::World::UnknownDestination::silent);
    for (const auto& link : links_) {
      world_.attach(client_, link.device, {{link.v4, 24}, {link.v6, 64}}, link_options());
    }
    world_.attach(server_, "eth0", {prefix("10.77.9.1/24"), prefix("fd77:9::1/64")},
                  link_options());
    set_routes();
    name_server_ = std::make_unique<NameServer>(server_, server_address(net::Family::v4));
    client_.set_nameservers({name_server_->endpoint()});
    server_.spawn(name_server_->serve());
  }

  ~SimWorld() override { simulation_.drop_tasks(); }

  net::Runtime& client() override { return client_; }
  net::Runtime& server() override { return server_; }

  void run(net::Task<void> body) override {
    bool done = false;
    simulation_.spawn(run_body(std::move(body), done));
    simulation_.run_until(simulation_.now() + kLimit);
    if (!done) BOOST_ERROR("the case did not end in 600 s of virtual time");
  }

  bool has_links() const override { return true; }
  bool may_lose_icmp() const override { return false; }
  const std::vector<Link>& links() const override { return links_; }
  net::Address server_address(net::Family family) const override {
    return address(family == net::Family::v6 ? "fd77:9::1" : "10.77.9.1");
  }
  std::string server_device() const override { return "eth0"; }
  net::Address dark_address(net::Family family) const override {
    return address(family == net::Family::v6 ? "2001:db8:dead::1" : "198.51.100.1");
  }
  net::Address unrouted_address(net::Family family) const override {
    return address(family == net::Family::v6 ? "2001:db8:beef::1" : "203.0.113.1");
  }

  void set_up(const Link& link, bool up) override {
    client_.set_interface_up(link.device, up);
    if (up) set_routes();
  }
  void set_dark(const Link& link, bool dark) override {
    world_.find_link("client/" + link.device)
        ->set_state(dark ? sim::LinkState::blackhole : sim::LinkState::up);
  }
  void cause(const Link& link, Fault fault) override {
    auto& line = *world_.find_link("client/" + link.device);
    switch (fault) {
      case Fault::none:
        return;
      case Fault::dark_up:
        return line.set_state(sim::LinkState::blackhole_up);
      case Fault::dark_down:
        return line.set_state(sim::LinkState::blackhole_down);
      case Fault::dark:
        return line.set_state(sim::LinkState::blackhole);
      case Fault::down:
        return line.set_state(sim::LinkState::down);
      case Fault::unplugged:
        return client_.unplug(link.device);
      case Fault::address_removed:
        client_.remove_address(link.device, link.v4);
        return client_.remove_address(link.device, link.v6);
      case Fault::address_changed:
        client_.change_address(link.device, link.v4, {other_address(link.v4), 24});
        return client_.change_address(link.device, link.v6, {other_address(link.v6), 64});
      case Fault::routes_removed:
        return forget_routes(link);
      case Fault::network_unreachable:
        return world_.set_refusal(line, sim::IcmpUnreachable::Reason::network);
      case Fault::host_unreachable:
        return world_.set_refusal(line, sim::IcmpUnreachable::Reason::host);
      case Fault::prohibited:
        return world_.set_refusal(line, sim::IcmpUnreachable::Reason::prohibited);
    }
  }
  void add_address(const Link& link, const net::Prefix& added) override {
    client_.add_address(link.device, added);
  }
  void remove_address(const Link& link, const net::Prefix& removed) override {
    client_.remove_address(link.device, removed.address);
  }

  void set_name_server_silent(bool silent) override { name_server_->set_silent(silent); }
  std::vector<net::Endpoint> askers() const override { return name_server_->askers(); }

  std::size_t large_transfer_bytes() const override { return 8 * 1024 * 1024; }
  std::size_t more_than_buffers_bytes() const override { return 32 * 1024 * 1024; }

 private:
  net::Task<void> run_body(net::Task<void> body, bool& done) {
    co_await std::move(body);
    done = true;
    simulation_.stop();
  }

  // Routes to the server and to the dark, instead of the default route that attach() made.
  void set_routes() {
    std::uint32_t metric = 100;
    for (const auto& link : links_) {
      for (const auto* everything : {"0.0.0.0/0", "::/0"}) forget_route(everything, link);
      forget_routes(link);
      for (const auto* to : kRoutes) client_.add_route(prefix(to), link.device, metric);
      metric += 100;
    }
  }
  void forget_routes(const Link& link) {
    for (const auto* to : kRoutes) forget_route(to, link);
  }
  void forget_route(const char* to, const Link& link) {
    try {
      client_.remove_route(prefix(to), link.device);
    } catch (const std::invalid_argument&) {
      // There was none: the interface lost it when it went down.
    }
  }

  sim::Simulation simulation_{1};
  sim::World world_;
  sim::Host& client_;
  sim::Host& server_;
  std::vector<Link> links_;
  std::unique_ptr<NameServer> name_server_;
};

}  // namespace

std::unique_ptr<World> make_world() {
  return std::make_unique<SimWorld>();
}

}  // namespace dispatch::conformance
