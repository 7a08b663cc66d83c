#include "engine/link/usage_keeper.hpp"

#include "engine/units/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dispatch::link {
namespace {

// "this month", "these 12h"
std::string this_period(const CapPeriod& period) {
  const auto name = to_string(period);
  return (period.kind == CapPeriod::Kind::span ? "these " : "this ") + name;
}

std::string_view effect_of(AtCap at_cap) {
  switch (at_cap) {
    case AtCap::stop:
      return "no new connections";
    case AtCap::end:
      return "no connections";
    case AtCap::last_resort:
      return "the last resort";
  }
  return "";
}

constexpr net::Duration kBelief = std::chrono::hours(1);

net::WallTime whole_seconds(net::WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time);
}

}  // namespace

UsageKeeper::UsageKeeper(net::Runtime& runtime, LinkSet& links, UsageStore* store)
    : runtime_(runtime),
      links_(links),
      store_(store),
      offset_([&runtime](net::WallTime time) { return runtime.clock().utc_offset(time); }),
      news_(runtime.executor()) {}

net::Task<void> UsageKeeper::run() {
  const auto watch = links_.watch(runtime_.executor(), [this](Link&) { news_.notify_all(); });
  for (;;) {
    if (any_cap() || !tracks_.empty()) look();
    const auto next = tracks_.empty() ? net::kNever : runtime_.clock().now() + kInterval;
    const auto status = co_await news_.wait_until(runtime_.clock(), next);
    if (net::is_cancelled(status)) break;
  }
  if (tracks_.empty()) co_return;
  count();
  save();
}

bool UsageKeeper::any_cap() const {
  return std::ranges::any_of(links_.links(),
                             [](const Link* link) { return link->limits().cap.has_value(); });
}

void UsageKeeper::load() {
  if (std::exchange(loaded_, true) || store_ == nullptr) return;
  const auto text = store_->load();
  if (!text.empty()) {
    const auto usage = parse_usage(text);
    if (!usage) store_->put_aside();
    if (usage) {
      for (const auto& each : *usage) {
        records_.push_back(
            {each.name, each.bytes, each.began, each.began, true, false, runtime_.clock().now()});
      }
    }
  }
  saved_at_ = runtime_.clock().now();
  tell_news();
}

UsageKeeper::Record& UsageKeeper::record_of(const std::string& name) {
  const auto found = std::ranges::find(records_, name, &Record::name);
  if (found != records_.end()) return *found;
  records_.push_back({name});
  return records_.back();
}

void UsageKeeper::look() {
  load();
  track_all();
  count();
  smallest_cap_ = 0;
  for (auto* link : links_.links()) {
    const auto cap = link->limits().cap;
    if (cap && (smallest_cap_ == 0 || cap->bytes < smallest_cap_)) smallest_cap_ = cap->bytes;
    const auto track = std::ranges::find(tracks_, link, &Track::link);
    if (track != tracks_.end()) judge(*link, *track->record);
  }
  save_in_time();
  tell_news();
}

// A link whose cap has been taken away is tracked on: it may come back.
void UsageKeeper::track_all() {
  for (auto* link : links_.links()) {
    if (std::ranges::find(tracks_, link, &Track::link) != tracks_.end()) continue;
    if (!link->limits().cap) continue;
    const auto total = link->counters().sent.total() + link->counters().received.total();
    tracks_.push_back({link, total, &record_of(link->name())});
  }
}

void UsageKeeper::count() {
  for (auto& [link, counted, record] : tracks_) {
    const auto total = link->counters().sent.total() + link->counters().received.total();
    const auto more = total - std::exchange(counted, total);
    record->bytes += more;
    unsaved_ += more;
  }
}

// The clock may be behind the one that has been believed before: many a machine without a battery
// begins in the past, and hears of the time later. What has been used stays used; only if it goes
// on for an hour, it was the other clock that was wrong.
bool UsageKeeper::begins_anew(Record& record, const WallSpan& period) {
  const auto now = runtime_.clock().now();
  if (period.begin >= record.began) record.behind_since = now;
  const bool is_behind = now - record.behind_since < kBelief;
  const bool is_new = period.begin > record.began && record.began != net::WallTime();
  if (period.begin >= record.began || !is_behind) record.began = period.begin;
  return is_new;
}

// "used its data cap of 50 GB for this month: the last resort until Tue 1 Dec 2026 00:00"
std::string UsageKeeper::reason_of(const DataCap& cap, const WallSpan& period) const {
  const bool endless = cap.period.kind == CapPeriod::Kind::endless;
  return fmt::format("used its data cap of {}{}: {}{}", units::to_string(units::Bytes{cap.bytes}),
                     endless ? std::string() : " for " + this_period(cap.period),
                     effect_of(cap.at_cap),
                     endless ? std::string() : " until " + local_text(period.end, offset_));
}

void UsageKeeper::judge(Link& link, Record& record) {
  const auto cap = link.limits().cap;
  if (!cap) {
    record.is_reached = false;
    return links_.set_cap_usage(link, std::nullopt);
  }
  const auto now = runtime_.clock().wall_now();
  if (!std::exchange(record.has_begun, true)) {
    record.first = whole_seconds(now);
    save_soon_ = true;
  }
  const auto period = period_at(cap->period, now, record.first, offset_);
  const bool is_new = begins_anew(record, period);
  if (is_new) {
    record.bytes = 0;
    save_soon_ = true;
  }
  const bool reached = record.bytes >= cap->bytes;
  CapUsage usage{*cap, record.bytes, period, reached};
  if (reached) usage.reason = reason_of(*cap, period);
  links_.set_cap_usage(link, usage);
  if (reached == record.is_reached) return;
  record.is_reached = reached;
  save_soon_ = true;
  if (reached) {
    runtime_.log().warning("{} has {}", link.name(), usage.reason);
  } else {
    tell_free(link, record, *cap, is_new);
  }
}

void UsageKeeper::tell_free(const Link& link, const Record& record, const DataCap& cap,
                            bool is_new) {
  const auto size = units::to_string(units::Bytes{cap.bytes});
  if (is_new) {
    runtime_.log().info("{} is used again: a new period has begun, with a data cap of {}",
                        link.name(), size);
  } else {
    runtime_.log().info("{} is used again: {} of its data cap of {} are used", link.name(),
                        units::rounded(units::Bytes{record.bytes}), size);
  }
}

void UsageKeeper::save_in_time() {
  const auto since = runtime_.clock().now() - saved_at_;
  const bool much = smallest_cap_ != 0 && unsaved_ >= smallest_cap_ / kSaveShare;
  const bool due = since >= kSaveInterval && unsaved_ != 0;
  if (save_soon_ || due || (much && since >= kSavePause)) save();
}

void UsageKeeper::save() {
  save_soon_ = false;
  unsaved_ = 0;
  saved_at_ = runtime_.clock().now();
  if (store_ == nullptr) return;
  std::vector<KeptUsage> usage;
  for (const auto& record : records_) {
    if (record.has_begun) usage.push_back({record.name, record.bytes, record.began});
  }
  auto text = usage_text(usage);
  if (text == saved_) return;
  saved_ = text;
  store_->save(std::move(text));
}

void UsageKeeper::tell_news() {
  if (store_ == nullptr) return;
  if (const auto news = store_->news()) runtime_.log().warning("{}", *news);
}

}  // namespace dispatch::link
