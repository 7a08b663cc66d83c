#include "engine/link/limits.hpp"

#include "engine/net/config_error.hpp"
#include "engine/units/quantity.hpp"

#include <fmt/format.h>

namespace dispatch::link {
namespace {

using net::ConfigError;

// Less than that is no link: a segment would take a second.
constexpr std::uint64_t kRateLeast = 8'000;
constexpr std::uint64_t kRateMost = 1'000'000'000'000;
constexpr std::uint64_t kBurstLeast = 1'500;
constexpr std::uint64_t kBurstMost = 256'000'000;

std::uint64_t parse_rate(std::string_view key, std::string_view text) {
  try {
    const auto rate = units::parse_rate(text).bits_per_second;
    if (rate >= kRateLeast && rate <= kRateMost) return rate;
  } catch (const units::UnitError& error) {
    throw ConfigError(fmt::format("{}={}: {}", key, text, error.what()));
  }
  throw ConfigError(fmt::format("{}={} is not from 8 kbit/s to 1 Tbit/s", key, text));
}

std::size_t parse_burst(std::string_view text) {
  try {
    const auto burst = units::parse_bytes(text).count;
    if (burst >= kBurstLeast && burst <= kBurstMost) return static_cast<std::size_t>(burst);
  } catch (const units::UnitError& error) {
    throw ConfigError(fmt::format("burst={}: {}", text, error.what()));
  }
  throw ConfigError(fmt::format("burst={} is not from 1500 B to 256 MB", text));
}

AtCap parse_at_cap(std::string_view text) {
  if (text == "stop") return AtCap::stop;
  if (text == "end") return AtCap::end;
  if (text == "last-resort") return AtCap::last_resort;
  throw ConfigError(
      fmt::format("at-cap={} is none of stop (no new connections), end (open ones end too) and "
                  "last-resort (used where no other link is left)",
                  text));
}

}  // namespace

bool LimitOptions::has(std::string_view key) {
  return key == "rate" || key == "down" || key == "up" || key == "burst" || key == "cap" ||
         key == "cap-start" || key == "at-cap";
}

void LimitOptions::take(std::string_view key, std::string_view value) {
  if (key == "rate" || key == "down" || key == "up") {
    const auto rate = parse_rate(key, value);
    // What is said of one direction counts more than what is said of both.
    if (key == "down" || (key == "rate" && !rates_.down.is_set())) {
      rates_.down.bits_per_second = rate;
    }
    if (key == "up" || (key == "rate" && !rates_.up.is_set())) rates_.up.bits_per_second = rate;
  } else if (key == "burst") {
    burst_ = parse_burst(value);
  } else if (key == "cap") {
    cap_ = parse_data_cap(value);
  } else if (key == "cap-start") {
    cap_start_ = value;
  } else {
    at_cap_ = parse_at_cap(value);
  }
}

LinkLimits LimitOptions::limits() const {
  LinkLimits limits{rates_, cap_};
  if (burst_ != 0 && !rates_.any()) throw ConfigError("burst= without rate=, down= or up=");
  if (rates_.down.is_set()) limits.rates.down.burst = burst_;
  if (rates_.up.is_set()) limits.rates.up.burst = burst_;
  if (!cap_ && (!cap_start_.empty() || at_cap_)) {
    throw ConfigError(fmt::format("{}= without cap=", at_cap_ ? "at-cap" : "cap-start"));
  }
  if (!cap_start_.empty()) set_start(limits.cap->period, cap_start_);
  if (at_cap_) limits.cap->at_cap = *at_cap_;
  return limits;
}

RateLimits parse_rate_limits(std::string_view text) {
  LimitOptions options;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto part = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    const auto equals = part.find('=');
    const bool is_rate = equals == std::string_view::npos;
    const auto key = is_rate ? std::string_view("rate") : part.substr(0, equals);
    const bool known = key == "rate" || key == "down" || key == "up" || key == "burst";
    if (!known) {
      throw ConfigError(
          fmt::format("'{}' is none of RATE, down=RATE, up=RATE and burst=BYTES", part));
    }
    options.take(key, is_rate ? part : part.substr(equals + 1));
  }
  return options.limits().rates;
}

std::string to_string(const RateLimits& limits) {
  const auto rate = [](const net::RateLimit& limit) {
    return limit.is_set() ? units::to_string(units::Rate{limit.bits_per_second}) : "unlimited";
  };
  if (!limits.any()) return {};
  if (limits.down == limits.up) return rate(limits.down);
  return fmt::format("down {}, up {}", rate(limits.down), rate(limits.up));
}

std::string to_string(const LinkLimits& limits) {
  std::string text;
  if (limits.cap) {
    const auto period = to_string(limits.cap->period);
    text = fmt::format("cap {}{}{}, then {}", units::to_string(units::Bytes{limits.cap->bytes}),
                       period.empty() ? "" : "/", period, to_string(limits.cap->at_cap));
  }
  if (limits.rates.any()) {
    text += fmt::format("{}rate {}", text.empty() ? "" : "; ", to_string(limits.rates));
  }
  return text;
}

}  // namespace dispatch::link
