#include "engine/proxy/name_address.hpp"

#include "engine/proxy/dial_error.hpp"
#include "engine/proxy/race.hpp"

#include <optional>
#include <utility>

namespace dispatch::proxy {
namespace {

using net::Family;
using net::Task;

struct Lookup {
  Lookup(net::Runtime& of, NameCache& cache, HappyEyeballsOptions options)
      : runtime(of), names(cache), plan(options), race(of) {}

  net::Runtime& runtime;
  NameCache& names;
  HappyEyeballs plan;
  MostTelling failure;
  std::optional<net::Address> address;
  net::Error ended;
  Race race;
};

void take_answer(Lookup& lookup, Family family, const NameCache::Answer& answer) {
  if (!answer) lookup.failure.add(answer.error());
  const auto addresses =
      answer ? std::span<const net::Address>(*answer) : std::span<const net::Address>();
  lookup.plan.answered(family, addresses, lookup.runtime.clock().now());
}

Task<void> ask(Lookup& lookup, NameQuestion question) {
  const auto family = question.family;
  const auto answer = co_await lookup.names.resolve(std::move(question));
  take_answer(lookup, family, answer);
  lookup.race.tell();
}

Task<void> wait_for_best(Lookup& lookup) {
  while (!lookup.address) {
    lookup.address = lookup.plan.next(lookup.runtime.clock().now());
    if (lookup.address || lookup.plan.over()) co_return;
    lookup.ended = co_await lookup.race.news(lookup.plan.wake());
    if (lookup.ended) co_return;
  }
}

}  // namespace

Task<net::Result<net::Address>> best_address(net::Runtime& runtime, NameCache& names,
                                             std::string name, link::Families families,
                                             std::vector<Way> ways, HappyEyeballsOptions options) {
  Lookup lookup(runtime, names, options);
  for (const auto family : {Family::v6, Family::v4}) {
    if (!families.has(family)) continue;
    lookup.plan.expect(family);
    NameQuestion question{name, family, ways};
    if (const auto known = names.find(question)) {
      take_answer(lookup, family, *known);
    } else {
      lookup.race.enter(ask(lookup, std::move(question)));
    }
  }
  co_await direct(lookup.race, wait_for_best(lookup));
  if (lookup.address) co_return *lookup.address;
  co_return lookup.ended ? lookup.ended : lookup.failure.error();
}

}  // namespace dispatch::proxy
