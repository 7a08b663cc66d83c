#include "engine/link/link_check.hpp"

#include "engine/net/deadline.hpp"
#include "engine/net/task_group.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace dispatch::link {
namespace {

using net::Task;
using Outcome = CheckStep::Outcome;

constexpr std::array kFamilies{net::Family::v4, net::Family::v6};

// Asked for its route only, where no target has an address: a documentation address (RFC 5737,
// RFC 3849) goes the way of all that is far away.
net::Address far_away(net::Family family) {
  return *net::parse_address(family == net::Family::v6 ? "2001:db8:ffff::1" : "192.0.2.1");
}

std::string milliseconds(net::Duration took) {
  return fmt::format("{:.0f} ms", std::chrono::duration<double, std::milli>(took).count());
}

std::string why(const net::Error& error) {
  return error == boost::system::errc::timed_out ? "no answer" : error.message();
}

void worsen(CheckStep& step, CheckStep other) {
  if (other.outcome > step.outcome) step = std::move(other);
}

// One link's.
class LinkTest {
 public:
  LinkTest(net::Runtime& runtime, net::Router& router, const Link& link,
           const CheckOptions& options, LinkCheck& check)
      : runtime_(runtime), router_(router), link_(link), options_(options), check_(check) {}

  Task<void> run() {
    check_.name = link_.name();
    if (link_.is_absent()) {
      fail(link_.standing().reason);
      co_return;
    }
    if (link_.upstream()) {
      co_await test_proxy();
      co_return;
    }
    const auto names = co_await look_up_names();
    for (const auto family : kFamilies) {
      if (link_.egress(family)) co_await test_address(family, names);
    }
  }

  // Apart from the rest, so that what is advised does not depend on which link answers first.
  void judge_routes(RouteAdvisor& advisor) {
    for (const auto& [row, facts] : facts_) {
      auto& step = check_.addresses[row].route;
      for (auto& finding : advisor.judge(facts)) {
        const bool failed = finding.severity == Severity::failure;
        worsen(step, {failed ? Outcome::failed : Outcome::warned, step.text});
        check_.findings.insert(check_.findings.begin(), std::move(finding));
      }
    }
  }

 private:
  // Of one target; none: its name has no address of that family.
  using Addresses = std::vector<net::Address>;

  void add(Severity severity, std::string what) {
    check_.findings.push_back({severity, std::move(what), {}});
  }
  void fail(std::string what) { add(Severity::failure, std::move(what)); }

  net::TimePoint deadline() const { return runtime_.clock().now() + options_.patience; }

  // Of each target. What the link's name servers do not know in time is asked of any others, since
  // that is what dispatch does.
  Task<std::vector<Addresses>> look_up_names() {
    std::vector<Addresses> all;
    for (const auto& target : options_.targets) {
      if (const auto* literal = std::get_if<net::Address>(&target.host)) {
        all.push_back({*literal});
        continue;
      }
      const auto& name = std::get<std::string>(target.host);
      // Named, since g++ 12 destroys what a conditional makes within a co_await twice.
      auto egress = link_.egress(net::Family::v4);
      if (!egress) egress = link_.egress(net::Family::v6);
      const auto began = runtime_.clock().now();
      auto found = co_await look_up(name, egress.value());
      if (found) {
        const auto took = milliseconds(runtime_.clock().now() - began);
        worsen(names_, {Outcome::passed, took});
      } else {
        worsen(names_, {Outcome::warned, "failed"});
        add(Severity::warning, fmt::format("the name {} cannot be looked up through it ({}): names "
                                           "are asked of the other links then",
                                           name, why(found.error())));
        found = co_await look_up(name, net::kAnyEgress);
      }
      Addresses addresses;
      if (found) {
        for (const auto& each : *found) addresses.push_back(each.address);
      }
      all.push_back(std::move(addresses));
    }
    co_return all;
  }

  Task<net::Result<std::vector<net::ResolvedAddress>>> look_up(std::string name,
                                                               net::Egress egress) {
    net::ResolveQuery query;
    query.name = std::move(name);
    query.egress = std::move(egress);
    auto asking = runtime_.resolver().resolve(std::move(query));
    auto found = co_await net::with_deadline(runtime_.clock(), deadline(), std::move(asking));
    co_return found;
  }

  Task<void> test_address(net::Family family, const std::vector<Addresses>& names) {
    const auto egress = link_.egress(family).value();
    AddressCheck address;
    address.from = egress.source ? net::to_string(*egress.source) : "any";
    address.names = names_;
    test_bind(egress, address);
    if (egress.source) test_route(egress, first_of(family, names), address);
    if (address.bind.outcome == Outcome::passed) {
      co_await test_targets(family, names, address);
    }
    check_.addresses.push_back(std::move(address));
  }

  static net::Address first_of(net::Family family, const std::vector<Addresses>& names) {
    for (const auto& addresses : names) {
      for (const auto& each : addresses) {
        if (net::family_of(each) == family) return each;
      }
    }
    return far_away(family);
  }

  void test_bind(const net::Egress& egress, AddressCheck& address) {
    net::DatagramOptions socket;
    socket.egress = egress;
    const auto bound = runtime_.network().open_datagram(socket);
    if (bound) {
      address.bind = {Outcome::passed, "ok"};
      return;
    }
    address.bind = {Outcome::failed, "failed"};
    fail(fmt::format("no socket can be bound to {}{}: {}", address.from,
                     egress.device.empty() ? "" : " and " + egress.device,
                     bound.error().message()));
  }

  void test_route(const net::Egress& egress, const net::Address& target, AddressCheck& address) {
    const auto interfaces = runtime_.interfaces().list();
    const auto* owner = interfaces ? owner_of(*egress.source, *interfaces) : nullptr;
    // Of loopback every route is right; where no interface has the address, none is known to be.
    if (owner == nullptr || owner->loopback) return;
    RouteFacts facts;
    facts.source = *egress.source;
    facts.device = owner->name;
    facts.bound_to_device = !egress.device.empty();
    facts.target = target;
    facts.filter = router_.reverse_path_filter(owner->name);
    if (auto path = router_.route_to(target, {egress.source, {}})) {
      facts.by_source = std::move(*path);
    }
    if (auto path = router_.route_to(target, {egress.source, owner->name})) {
      facts.by_device = std::move(*path);
    }
    address.device = owner->name;
    const auto& taken = facts.bound_to_device ? facts.by_device : facts.by_source;
    address.route = {Outcome::passed, taken ? "by " + taken->device : "none"};
    facts_.emplace_back(check_.addresses.size(), std::move(facts));
  }

  Task<void> test_targets(net::Family family, const std::vector<Addresses>& names,
                          AddressCheck& address) {
    for (std::size_t i = 0; i < options_.targets.size(); ++i) {
      const auto& target = options_.targets[i];
      if (target.kind == ProbeKind::dns) continue;
      const auto at = std::ranges::find_if(
          names[i], [&](const net::Address& each) { return net::family_of(each) == family; });
      if (at == names[i].end()) continue;
      const auto result = co_await probe(runtime_, link_, target, deadline(), *at);
      note(result, target, address);
    }
  }

  void note(const ProbeResult& result, const ProbeSpec& target, AddressCheck& address) {
    const bool connected = result.peer.has_value();
    worsen(address.connect, connected ? CheckStep{Outcome::passed, milliseconds(result.took)}
                                      : CheckStep{Outcome::failed, "failed"});
    if (connected && target.kind == ProbeKind::http) {
      worsen(address.answer, result.passed ? CheckStep{Outcome::passed, "ok"}
                                           : CheckStep{Outcome::failed, "wrong"});
    }
    if (!result.passed) fail(fmt::format("from {}: {}", address.from, result.reason));
  }

  // Whether the proxy can be reached; nothing is asked of it.
  Task<void> test_proxy() {
    const auto& upstream = *link_.upstream();
    ProbeSpec spec;
    spec.kind = ProbeKind::tcp;
    spec.host = upstream.host;
    spec.port = upstream.port;
    spec.text = to_string(upstream);
    const auto result = co_await probe(runtime_, link_, std::move(spec), deadline());
    AddressCheck address;
    address.from = to_string(upstream);
    address.connect = result.passed ? CheckStep{Outcome::passed, milliseconds(result.took)}
                                    : CheckStep{Outcome::failed, "failed"};
    if (!result.passed) fail(result.reason);
    check_.addresses.push_back(std::move(address));
  }

  net::Runtime& runtime_;
  net::Router& router_;
  const Link& link_;
  const CheckOptions& options_;
  LinkCheck& check_;
  CheckStep names_;
  std::vector<std::pair<std::size_t, RouteFacts>> facts_;  // with the row of the address
};

}  // namespace

bool LinkCheck::passed() const {
  return std::ranges::none_of(
      findings, [](const Finding& each) { return each.severity == Severity::failure; });
}

Task<std::vector<LinkCheck>> run_link_checks(net::Runtime& runtime, net::Router& router,
                                             std::span<const std::unique_ptr<Link>> links,
                                             CheckOptions options) {
  std::vector<LinkCheck> checks(links.size());
  std::vector<std::unique_ptr<LinkTest>> tests;
  std::exception_ptr bug;
  net::TaskGroup running(runtime.executor(), [&](std::exception_ptr error) { bug = error; });
  for (std::size_t i = 0; i < links.size(); ++i) {
    tests.push_back(std::make_unique<LinkTest>(runtime, router, *links[i], options, checks[i]));
    running.spawn(tests.back()->run());
  }
  if (co_await running.idle()) {
    running.cancel();
    co_await net::asio::this_coro::reset_cancellation_state();
    (void)co_await running.idle();
  }
  if (bug) std::rethrow_exception(bug);
  auto routing = router.routing();
  auto interfaces = runtime.interfaces().list();
  RouteAdvisor advisor(routing ? std::move(*routing) : net::Routing{},
                       interfaces ? std::move(*interfaces) : std::vector<net::Interface>{});
  for (auto& test : tests) test->judge_routes(advisor);
  co_return checks;
}

}  // namespace dispatch::link
