#include "engine/proxy/name_lookup.hpp"

#include "engine/proxy/dial_error.hpp"
#include "engine/proxy/race.hpp"

#include <algorithm>
#include <optional>

namespace dispatch::proxy {

using net::ResolveError;
using net::Task;
using net::TimePoint;

namespace {

bool is_answer(const NameLookup::Answer& answer) {
  return answer || answer.error() == ResolveError::not_found ||
         answer.error() == ResolveError::no_data || answer.error() == ResolveError::bad_name;
}

}  // namespace

struct NameLookup::Asking {
  struct Asked {
    TimePoint at;
    std::optional<Answer> answer;
  };

  Asking(net::Runtime& runtime, NameQuestion of) : question(std::move(of)), race(runtime) {
    ways.reserve(question.ways.size());  // runners refer to them
  }

  const Asked* answered() const {
    const auto it = std::find_if(ways.begin(), ways.end(), [](const Asked& each) {
      return each.answer && is_answer(*each.answer);
    });
    return it == ways.end() ? nullptr : &*it;
  }

  bool is_failing() const {
    return std::any_of(ways.begin(), ways.end(), [](const Asked& each) {
      return each.answer && each.answer->error() == ResolveError::server_failure;
    });
  }

  NameQuestion question;
  std::vector<Asked> ways;  // in the order of the question's
  bool over = false;        // what comes now comes too late
  std::optional<net::Error> cancelled;
  Race race;
};

NameLookup::WayKey NameLookup::key_of(const Way& way) {
  const auto& first = way.front();
  return {first.source ? first.source->to_string() : std::string(), first.device};
}

Task<NameLookup::Answer> NameLookup::ask(NameQuestion question) {
  put_silent_ways_last(question.ways);
  Asking asking(runtime_, std::move(question));
  co_await direct(asking.race, ask_ways(asking));
  if (const auto* way = asking.answered()) {
    remember(asking);
    co_return *way->answer;
  }
  if (asking.cancelled) co_return *asking.cancelled;
  MostTelling failure;
  for (const auto& way : asking.ways) {
    if (way.answer) failure.add(way.answer->error());
  }
  const bool all_silent = std::none_of(asking.ways.begin(), asking.ways.end(),
                                       [](const auto& way) { return way.answer.has_value(); });
  if (all_silent) co_return ResolveError::timed_out;
  co_return failure.error();
}

Task<void> NameLookup::ask_ways(Asking& asking) {
  co_await ask_until_answered(asking);
  asking.over = true;
}

Task<void> NameLookup::ask_until_answered(Asking& asking) {
  const auto deadline = runtime_.clock().now() + options_.timeout;
  std::size_t failures = 0;
  while (asking.answered() == nullptr) {
    const auto now = runtime_.clock().now();
    const auto failed = static_cast<std::size_t>(
        std::count_if(asking.ways.begin(), asking.ways.end(),
                      [](const Asking::Asked& way) { return way.answer.has_value(); }));
    const bool more = asking.ways.size() < asking.question.ways.size();
    const auto next_at = asking.ways.empty() || failed != failures
                             ? now
                             : asking.ways.back().at + options_.slow_lookup;
    if (more && now >= next_at) {
      failures = failed;
      asking.ways.push_back({now, std::nullopt});
      asking.race.enter(ask_one(asking, asking.ways.size() - 1));
      continue;
    }
    if (failed == asking.ways.size()) co_return;
    // The word of a server that fails is enough where the rest stays silent.
    const auto until =
        more || asking.is_failing() ? asking.ways.back().at + options_.slow_lookup : deadline;
    if (now >= until) co_return;
    if (const auto error = co_await asking.race.news(until)) {
      asking.cancelled = error;
      co_return;
    }
  }
}

Task<void> NameLookup::ask_one(Asking& asking, std::size_t way) {
  Answer answer = net::Error{ResolveError::unreachable};
  for (const auto& egress : asking.question.ways[way]) {
    net::ResolveQuery query;
    query.name = asking.question.name;
    query.v4 = asking.question.family == net::Family::v4;
    query.v6 = asking.question.family == net::Family::v6;
    query.egress = egress;
    answer = co_await runtime_.resolver().resolve(std::move(query));
    if (answer || answer.error() != ResolveError::unreachable) break;
  }
  if (asking.over) co_return;  // cut off: what it says now is no answer
  asking.ways[way].answer = std::move(answer);
  asking.race.tell();
}

void NameLookup::put_silent_ways_last(std::vector<Way>& ways) const {
  const auto now = runtime_.clock().now();
  std::stable_partition(ways.begin(), ways.end(), [&](const Way& way) {
    const auto silence = silences_.find(key_of(way));
    return silence == silences_.end() || silence->second.until <= now;
  });
}

// Another way's answer proves that there was something to be heard.
void NameLookup::remember(const Asking& asking) {
  const auto now = runtime_.clock().now();
  for (std::size_t i = 0; i < asking.ways.size(); ++i) {
    const auto& way = asking.ways[i];
    const auto key = key_of(asking.question.ways[i]);
    const bool silent = way.answer ? !*way.answer && way.answer->error() == ResolveError::timed_out
                                   : now - way.at >= options_.slow_lookup;
    if (way.answer && !silent) silences_.erase(key);
    if (!silent) continue;
    auto& silence = silences_[key];
    if (++silence.count < options_.silences_max) continue;
    silence.until = now + options_.silent_for;
    runtime_.log().debug("no name server answers through {}: asked last for a while",
                         key.second.empty() ? key.first : key.second);
  }
}

}  // namespace dispatch::proxy
