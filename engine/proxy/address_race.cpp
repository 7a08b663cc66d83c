#include "engine/proxy/address_race.hpp"

#include "engine/net/deadline.hpp"
#include "engine/proxy/routes.hpp"

#include <boost/system/errc.hpp>

#include <array>
#include <utility>

namespace dispatch::proxy {

using net::Family;
using net::Task;
namespace errc = boost::system::errc;

AddressRace::AddressRace(net::Runtime& runtime, NameCache& names, link::Link& link,
                         const Target& target, link::Families families, std::vector<Way> ways,
                         AddressRaceOptions options,
                         std::function<AddressUse(const net::Address&)> use_of)
    : runtime_(runtime),
      names_(names),
      link_(link),
      target_(target),
      families_(families & link::Families::of(link)),
      ways_(std::move(ways)),
      options_(options),
      use_of_(std::move(use_of)),
      plan_(options.happy_eyeballs),
      race_(runtime) {}

Task<RaceResult> AddressRace::run() {
  co_await direct(race_, direct_attempts());
  if (!result_.stream && !result_.error) {
    result_.error = failure_.error();
    result_.conclusive = !another_link_may_help_ && result_.error != net::ResolveError::no_data;
  }
  co_return std::move(result_);
}

Task<void> AddressRace::direct_attempts() {
  expect_answers();
  while (!result_.stream && !result_.error) {
    if (const auto address = plan_.next(runtime_.clock().now())) {
      if (!std::exchange(started_, true))
        ++(options_.counters != nullptr ? *options_.counters : link_.counters()).dials;
      const net::Endpoint remote{*address, target_.port};
      if (plan_.races()) {
        race_.enter(attempt(remote));
      } else {
        co_await attempt(remote);
      }
      continue;
    }
    if (plan_.over()) co_return;
    if (const auto error = co_await race_.news(plan_.wake())) {
      result_.error = error;
      co_return;
    }
  }
}

void AddressRace::expect_answers() {
  if (const auto* address = std::get_if<net::Address>(&target_.host)) {
    plan_.answered(net::family_of(*address), std::span(address, 1), runtime_.clock().now());
    return;
  }
  for (const auto family : {Family::v6, Family::v4}) {
    if (!families_.has(family)) continue;
    plan_.expect(family);
    const NameQuestion question{std::get<std::string>(target_.host), family, ways_};
    if (const auto known = names_.find(question)) {
      take_answer(family, *known);
    } else {
      race_.enter(look_up(family));
    }
  }
}

Task<void> AddressRace::look_up(Family family) {
  NameQuestion question{std::get<std::string>(target_.host), family, ways_};
  const auto answer = co_await names_.resolve(std::move(question));
  take_answer(family, answer);
  race_.tell();
}

void AddressRace::take_answer(Family family, const NameCache::Answer& answer) {
  if (!answer) failure_.add(answer.error());
  std::vector<net::Address> addresses;
  for (const auto& each : answer ? *answer : std::vector<net::Address>()) {
    // A mapped address in an AAAA record is an IPv4 address in disguise.
    const auto address = net::unmapped(each);
    if (!families_.has(net::family_of(address))) continue;
    const auto use = use_of_ ? use_of_(address) : AddressUse::here;
    if (use == AddressUse::here) addresses.push_back(address);
    if (use == AddressUse::elsewhere) result_.elsewhere = true;
    if (use == AddressUse::refused) failure_.add(RouteError::refused);
  }
  plan_.answered(family, addresses, runtime_.clock().now());
}

namespace {

// Linux says EINVAL of an IPv4 source on loopback and a target elsewhere; what it means is that no
// way leads there, as it says of IPv6.
net::Error told_plainly(const net::Error& error, const net::Egress& egress) {
  const bool on_loopback = egress.source && egress.source->is_loopback();
  if (on_loopback && error == errc::invalid_argument) {
    return errc::make_error_code(errc::network_unreachable);
  }
  return error;
}

}  // namespace

Task<void> AddressRace::attempt(net::Endpoint remote) {
  const auto began = runtime_.clock().now();
  const auto deadline = began + options_.attempt_timeout;
  // The link may have lost its address a moment ago.
  const auto egress = link_.egress(net::family_of(remote.address));
  net::Result<net::StreamPtr> stream = errc::make_error_code(errc::address_not_available);
  if (egress) stream = co_await runtime_.network().connect(remote, *egress, deadline);
  if (!stream && egress) stream = told_plainly(stream.error(), *egress);
  if (!stream) {
    // The end of one that lost is no news.
    if (result_.stream || result_.error) co_return;
    if (net::is_cancelled(stream.error())) {  // with the race itself
      result_.error = stream.error();
      co_return;
    }
    runtime_.log().info("{} through {}: {}", net::to_string(remote), link_.name(),
                        stream.error().message());
    failure_.add(stream.error());
    if (!is_the_targets_answer(stream.error()) && !is_exhaustion(stream.error())) {
      another_link_may_help_ = true;
    }
    plan_.failed(runtime_.clock().now());
  } else if (result_.stream) {
    (*stream)->abort();  // a moment too late
  } else {
    // Not written out in vain: this is said of every connection.
    if (auto& log = runtime_.log(); log.wants(net::LogLevel::debug)) {
      log.debug("{} connected through {}", net::to_string(remote), link_.name());
    }
    result_.stream = std::move(*stream);
    result_.connect_time = runtime_.clock().now() - began;
  }
  race_.tell();
}

}  // namespace dispatch::proxy
