// Links that lead through a proxy: reaching it, and asking it for the target.
#include "engine/net/deadline.hpp"
#include "engine/proxy/dial_error.hpp"
#include "engine/proxy/dialer_lanes.hpp"
#include "engine/proxy/upstream_error.hpp"
#include "engine/proxy/upstream_handshake.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>
#include <utility>

namespace dispatch::proxy {

using net::Error;
using net::Family;
using net::Result;
using net::Task;
namespace errc = boost::system::errc;

Task<RaceResult> Dialer::run_upstream_lane(Dial& dial, Lane& lane) {
  RaceResult failed;
  auto target = lane.target;
  const bool is_name = std::holds_alternative<std::string>(target.host);
  if (is_name && !lane.link.upstream()->takes_names()) {
    auto resolved = co_await target_for_socks4(dial, lane);
    if (!resolved) {
      failed.error = resolved.error();
      failed.conclusive = failed.error == RouteError::refused;
      co_return failed;
    }
    target = std::move(*resolved);
  }
  auto raced = co_await lane.race.run();
  if (!raced.stream) {
    failed.error = raced.error;
    failed.conclusive = is_exhaustion(raced.error);
    if (!failed.conclusive && !net::is_cancelled(raced.error)) {
      const bool silent = raced.error == errc::timed_out;
      failed.error = silent ? UpstreamError::silent : UpstreamError::unreachable;
    }
    co_return failed;
  }
  failed.error = co_await ask_upstream_of(lane, raced.stream, std::move(target));
  if (!failed.error) co_return raced;
  failed.conclusive = is_the_targets_answer(failed.error) || is_exhaustion(failed.error);
  co_return failed;
}

Task<Result<net::Endpoint>> Dialer::ask(Lane& lane, net::StreamPtr& stream, Target target) {
  const auto& upstream = *lane.link.upstream();
  if (const auto error = co_await secure_upstream(runtime_, stream, upstream)) co_return error;
  if (lane.takes_requests) co_return net::Endpoint{};
  co_return co_await ask_upstream(*stream, upstream, std::move(target));
}

Task<net::Status> Dialer::ask_upstream_of(Lane& lane, net::StreamPtr& stream, Target target) {
  const auto deadline = runtime_.clock().now() + options_.attempt_timeout;
  const auto what = to_string(target);
  auto asking = ask(lane, stream, std::move(target));
  auto bound = co_await net::with_deadline(runtime_.clock(), deadline, std::move(asking));
  if (bound) {
    if (lane.takes_requests) co_return net::Status{};
    std::erase(misfits_, &lane.link);
    lane.upstream_end = std::make_unique<net::Endpoint>(*bound);
    co_return net::Status{};
  }
  auto error = bound.error();
  if (error == net::asio::error::timed_out) error = UpstreamError::silent;
  tell_of_misfit(lane.link, error);
  if (!net::is_cancelled(error)) {
    runtime_.log().info("{} through {}: {}", what, lane.link.name(), error.message());
  }
  co_return error;
}

// What only a person can mend. Once, until it works again: every connection would say the same.
void Dialer::tell_of_misfit(const link::Link& link, const Error& error) {
  const bool unauthorized = error == UpstreamError::not_authorized;
  if (!unauthorized && !is_untrusted(error)) return;
  if (std::find(misfits_.begin(), misfits_.end(), &link) != misfits_.end()) return;
  misfits_.push_back(&link);
  if (unauthorized) {
    runtime_.log().warning("{} refuses the user or the password that it is given{}", link.name(),
                           link.upstream()->credentials ? "" : " (none)");
  } else {
    runtime_.log().warning(
        "{}: {}; if it is the right one, name the certificate that signed it: "
        ",ca=FILE",
        link.name(), error.message());
  }
}

Task<Result<net::StreamPtr>> Dialer::reach_upstream(link::Link& link) {
  const Target proxy{link.upstream()->host, link.upstream()->port};
  const AddressRaceOptions options{options_.attempt_timeout, options_.happy_eyeballs,
                                   &link.counters()};
  AddressRace race(runtime_, names_, link.via(), proxy, link::Families{true, true},
                   ways_of(proxy, link.via()), options);
  auto raced = co_await race.run();
  if (!raced.stream) co_return raced.error;
  co_return std::move(raced.stream);
}

void Dialer::refused_by(link::Link& link) {
  ++link.counters().dial_failures;
  tell_of_misfit(link, UpstreamError::not_authorized);
}

// The first address that may be asked for.
Task<Result<Target>> Dialer::target_for_socks4(Dial& dial, Lane& lane) {
  NameQuestion question{std::get<std::string>(lane.target.host), Family::v4,
                        ways_of(lane.target, lane.link.via())};
  const auto answer = co_await names_.resolve(std::move(question));
  if (!answer) co_return answer.error();
  MostTelling failure;
  for (const auto& address : *answer) {
    const auto use = use_of(dial, lane, address);
    if (use == AddressUse::here) co_return Target{address, lane.target.port};
    if (use == AddressUse::refused) failure.add(RouteError::refused);
  }
  co_return failure.error();
}

}  // namespace dispatch::proxy
