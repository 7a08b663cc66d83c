#include "engine/proxy/name_cache.hpp"

#include "engine/net/condition.hpp"
#include "engine/net/task_group.hpp"

#include <algorithm>
#include <compare>
#include <exception>
#include <list>
#include <map>
#include <string>
#include <utility>

namespace dispatch::proxy {

using net::Error;
using net::ResolveError;
using net::Task;
using net::TimePoint;

namespace {

struct Key {
  std::string name;  // in lower case
  net::Family family;
  std::string source;
  std::string device;

  friend auto operator<=>(const Key&, const Key&) = default;
};

std::string lower_case(std::string_view name) {
  std::string lower(name);
  for (auto& each : lower) {
    if (each >= 'A' && each <= 'Z') each = static_cast<char>(each - 'A' + 'a');
  }
  return lower;
}

Key key_of(const NameQuestion& question) {
  const auto& way = question.ways.front().front();
  return {lower_case(question.name), question.family,
          way.source ? way.source->to_string() : std::string(), way.device};
}

// A question that has been put and not been answered.
struct Flight {
  explicit Flight(net::asio::any_io_executor executor) : landed(std::move(executor)) {}

  std::optional<NameCache::Answer> answer;
  net::Condition landed;
};

struct Entry {
  NameCache::Answer answer;
  TimePoint expires;
  std::list<Key>::iterator used;
};

NameCache::Answer without_ttl(const NameLookup::Answer& answer) {
  if (!answer) return answer.error();
  std::vector<net::Address> addresses;
  addresses.reserve(answer->size());
  for (const auto& each : *answer) addresses.push_back(each.address);
  return addresses;
}

}  // namespace

// Shared with the questions under way, which may outlive the cache.
struct NameCache::State {
  State(net::Runtime& its_runtime, const NameCacheOptions& its_options)
      : runtime(its_runtime),
        options(its_options),
        lookup(its_runtime, its_options.lookup),
        questions(its_runtime.executor(), [this](std::exception_ptr exception) {
          try {
            std::rethrow_exception(exception);
          } catch (const std::exception& error) {
            runtime.log().error("internal error while a name was looked up: {}", error.what());
          }
        }) {}

  std::optional<Answer> find(const Key& key) {
    const auto found = entries.find(key);
    if (found == entries.end()) return std::nullopt;
    if (found->second.expires <= runtime.clock().now()) {
      forget(found);
      return std::nullopt;
    }
    recent.splice(recent.begin(), recent, found->second.used);
    return found->second.answer;
  }

  void forget(std::map<Key, Entry>::iterator entry) {
    recent.erase(entry->second.used);
    entries.erase(entry);
  }

  net::Duration keep_for(const NameLookup::Answer& answer) const {
    if (!answer) {
      const bool negative =
          answer.error() == ResolveError::not_found || answer.error() == ResolveError::no_data;
      return negative ? options.negative_ttl : net::Duration{};
    }
    auto ttl = options.ttl_max;
    for (const auto& each : *answer) ttl = std::min(ttl, each.ttl);
    return ttl;
  }

  void keep(const Key& key, const NameLookup::Answer& answer) {
    if (const auto old = entries.find(key); old != entries.end()) forget(old);
    const auto ttl = keep_for(answer);
    if (ttl <= net::Duration{} || options.entries_max == 0) return;
    if (entries.size() >= options.entries_max) forget(entries.find(recent.back()));
    recent.push_front(key);
    entries.emplace(key, Entry{without_ttl(answer), runtime.clock().now() + ttl, recent.begin()});
  }

  static Task<void> fly(std::shared_ptr<State> self, Key key, NameQuestion question,
                        std::shared_ptr<Flight> flight) {
    NameLookup::Answer answer = Error{net::asio::error::operation_aborted};
    std::exception_ptr failure;
    try {
      answer = co_await self->lookup.ask(std::move(question));
    } catch (...) {
      failure = std::current_exception();
    }
    self->flights.erase(key);
    if (!failure) self->keep(key, answer);
    flight->answer = without_ttl(answer);
    flight->landed.notify_all();
    if (failure) std::rethrow_exception(failure);
  }

  net::Runtime& runtime;
  const NameCacheOptions options;
  NameLookup lookup;
  std::map<Key, Entry> entries;
  std::list<Key> recent;  // the most recently used first
  std::map<Key, std::shared_ptr<Flight>> flights;
  net::TaskGroup questions;
};

NameCache::NameCache(net::Runtime& runtime, NameCacheOptions options)
    : state_(std::make_shared<State>(runtime, options)) {}

NameCache::~NameCache() {
  state_->questions.cancel();
}

Task<NameCache::Answer> NameCache::resolve(NameQuestion question) {
  const auto state = state_;
  auto key = key_of(question);
  if (auto known = state->find(key)) co_return std::move(*known);
  auto& under_way = state->flights[key];
  if (!under_way) {
    under_way = std::make_shared<Flight>(state->runtime.executor());
    state->questions.spawn(State::fly(state, std::move(key), std::move(question), under_way));
  }
  const auto flight = under_way;
  while (!flight->answer) {
    if (const auto error = co_await flight->landed.wait()) co_return error;
  }
  co_return *flight->answer;
}

std::optional<NameCache::Answer> NameCache::find(const NameQuestion& question) {
  return state_->find(key_of(question));
}

bool NameCache::is_known_to_lack(std::string_view name, net::Family family) const {
  const auto now = state_->runtime.clock().now();
  const auto lower = lower_case(name);
  const auto& entries = state_->entries;
  for (auto it = entries.lower_bound(Key{lower, family, {}, {}});
       it != entries.end() && it->first.name == lower && it->first.family == family; ++it) {
    const auto& [answer, expires, used] = it->second;
    if (now < expires && !answer && answer.error() == ResolveError::no_data) return true;
  }
  return false;
}

std::size_t NameCache::size() const {
  return state_->entries.size();
}

std::size_t NameCache::under_way() const {
  return state_->flights.size();
}

}  // namespace dispatch::proxy
