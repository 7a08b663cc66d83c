#include "engine/link/link_spec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace dispatch::link {
namespace {

using net::ConfigError;

unsigned parse_weight(std::string_view text, std::string_view whole) {
  unsigned weight = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, weight);
  if (parsed.ec != std::errc{} || parsed.ptr != end || weight == 0 || weight > kWeightMax) {
    throw ConfigError(fmt::format("'{}': the weight '{}' is not a whole number from 1 to {}",
                                  without_password(whole), text, kWeightMax));
  }
  return weight;
}

std::size_t parse_count(std::string_view key, std::string_view text, std::string_view whole) {
  std::size_t count = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, count);
  if (parsed.ec != std::errc{} || parsed.ptr != end || count == 0 || count > kWeightMax) {
    throw ConfigError(fmt::format("'{}': {}={} is not a whole number from 1 to {}",
                                  without_password(whole), key, text, kWeightMax));
  }
  return count;
}

units::Rate parse_full(std::string_view text, std::string_view whole) {
  try {
    const auto rate = units::parse_rate(text);
    if (rate.bits_per_second != 0) return rate;
  } catch (const units::UnitError& error) {
    throw ConfigError(
        fmt::format("'{}': full={}: {}", without_password(whole), text, error.what()));
  }
  throw ConfigError(
      fmt::format("'{}': full={}: a link that carries nothing", without_password(whole), text));
}

void take_limit(LimitOptions& limits, std::string_view key, std::string_view value,
                std::string_view whole) {
  try {
    limits.take(key, value);
  } catch (const ConfigError& error) {
    throw ConfigError(fmt::format("'{}': {}", without_password(whole), error.what()));
  }
}

bool is_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

// ",OPTION=VALUE..." behind a link.
void parse_options(LinkSpec& spec, std::string_view options, std::string_view whole) {
  const auto fail = [&](std::string_view what) {
    throw ConfigError(fmt::format("'{}': {}", without_password(whole), what));
  };
  LimitOptions limits;
  std::vector<std::string_view> given;
  while (!options.empty()) {
    const auto comma = options.find(',');
    const auto option = options.substr(0, comma);
    options.remove_prefix(comma == std::string_view::npos ? options.size() : comma + 1);
    const auto word = option.substr(0, option.find('='));
    if (std::ranges::find(given, word) != given.end()) {
      fail(fmt::format("{} is given twice", word));
    }
    given.push_back(word);
    if (option == "later") {
      if (spec.upstream) fail("later is for interfaces and addresses");
      spec.later = true;
      continue;
    }
    if (option == "insecure") {
      spec.insecure = true;
      continue;
    }
    if (option == "tunnel") {
      if (!spec.upstream || !spec.upstream->is_http()) {
        fail("tunnel is for http:// and https:// proxies");
      }
      spec.upstream->tunnels_all = true;
      continue;
    }
    const auto equals = option.find('=');
    const auto key = option.substr(0, equals);
    const auto value =
        equals == std::string_view::npos ? std::string_view() : option.substr(equals + 1);
    const bool of_proxies =
        key == "via" || key == "password-file" || key == "password-env" || key == "ca";
    const bool of_limits = LimitOptions::has(key);
    if (key != "max" && key != "tier" && key != "full" && !of_proxies && !of_limits) {
      fail(
          "behind the comma is none of max=N, tier=N, full=RATE, rate=, down=, up=, burst=, cap=, "
          "cap-start=, at-cap=, later, and of proxies via=, password-file=, password-env=, ca=, "
          "insecure, tunnel");
    }
    if (value.empty()) fail(fmt::format("a value is missing: {}=", key));
    if (of_proxies && !spec.upstream) fail(fmt::format("{}= is for proxies", key));
    if (of_limits) take_limit(limits, key, value, whole);
    if (key == "max") spec.connections_max = parse_count(key, value, whole);
    if (key == "tier") spec.tier = static_cast<unsigned>(parse_count(key, value, whole));
    if (key == "full") spec.full = parse_full(value, whole);
    if (key == "via") spec.via = value;
    if (key == "password-file") spec.password_file = value;
    if (key == "password-env") spec.password_variable = value;
    if (key == "ca") spec.ca_file = value;
  }
  try {
    spec.limits = limits.limits();
  } catch (const ConfigError& error) {
    fail(error.what());
  }
  const bool inside_tls = spec.upstream && spec.upstream->protocol == UpstreamProtocol::https;
  if ((spec.insecure || !spec.ca_file.empty()) && !inside_tls) {
    fail("ca= and insecure are for https:// proxies");
  }
  if (spec.insecure && !spec.ca_file.empty())
    fail("either ca= or insecure: they contradict each other");
  const bool elsewhere = !spec.password_file.empty() || !spec.password_variable.empty();
  if (!elsewhere) return;
  if (!spec.upstream->credentials) {
    fail(fmt::format("a password without a user: {}://USER@...",
                     to_string(spec.upstream->protocol)));
  }
  const bool twice = !spec.upstream->credentials->password.empty() ||
                     (!spec.password_file.empty() && !spec.password_variable.empty());
  if (twice) fail("the password is given twice");
}

// What stands before '=': not that of an option, and not a part of a password.
std::string_view take_name(std::string_view& body, std::string_view whole) {
  const auto equals = body.find('=');
  if (equals == std::string_view::npos || equals > body.find("://")) return {};
  const auto name = body.substr(0, equals);
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  if (name.empty() || !std::all_of(name.begin(), name.end(), fits)) {
    throw ConfigError(fmt::format(
        "'{}': the name before the '=' has other characters than letters, digits, '-', '_' and '.'",
        without_password(whole)));
  }
  if (name == "direct" || name == "refuse" || name == "dispatch") {
    throw ConfigError(fmt::format("'{}': '{}' cannot name a link: rules mean something else by it",
                                  without_password(whole), name));
  }
  body.remove_prefix(equals + 1);
  return name;
}

// Cuts the weight off an URL. An '@' may also end its credentials.
void parse_url_weight(LinkSpec& spec, std::string_view& url, std::string_view whole) {
  const auto authority = url.find("://") + 3;
  const auto mark = url.find_last_of("@/");
  if (mark == std::string_view::npos || mark < authority) return;
  const auto weight = url.substr(mark + 1);
  const bool is_weight = url[mark] == '/' || (!weight.empty() && is_digits(weight));
  if (!is_weight) return;
  url = url.substr(0, mark);
  // An empty path is how many write URLs: http://proxy.example:3128/
  if (!weight.empty()) spec.weight = parse_weight(weight, whole);
}

void parse_local(LinkSpec& spec, std::string_view body, std::string_view whole) {
  const auto separator = body.find_first_of("@/");
  auto target = body.substr(0, separator);
  if (separator != std::string_view::npos) {
    const auto weight = body.substr(separator + 1);
    if (weight.find(':') != std::string_view::npos) {
      throw ConfigError("a proxy is written with its protocol: socks5://USER:PASSWORD@HOST:PORT");
    }
    spec.weight = parse_weight(weight, whole);
  }
  if (target.size() >= 2 && target.front() == '[' && target.back() == ']') {
    target = target.substr(1, target.size() - 2);
  }
  if (target.empty()) {
    throw ConfigError(
        fmt::format("'{}': an address or an interface name is missing before the weight", whole));
  }
  spec.target = target;
}

}  // namespace

LinkSpec parse_link_spec(std::string_view text) {
  const auto comma = text.find(',');
  auto body = text.substr(0, comma);
  LinkSpec spec;
  spec.name = take_name(body, text);
  if (body.find("://") != std::string_view::npos) {
    parse_url_weight(spec, body, text);
    spec.upstream = parse_upstream(body);
    spec.target = to_string(*spec.upstream);
  } else {
    parse_local(spec, body, text);
  }
  if (comma != std::string_view::npos) parse_options(spec, text.substr(comma + 1), text);
  return spec;
}

const std::string& name_of(const LinkSpec& spec) {
  return spec.name.empty() ? spec.target : spec.name;
}

void check_names(std::span<const LinkSpec> specs) {
  for (auto spec = specs.begin(); spec != specs.end(); ++spec) {
    for (auto earlier = specs.begin(); earlier != spec; ++earlier) {
      if (name_of(*earlier) != name_of(*spec)) continue;
      // The same interface or address without a name: the same way out, however it is written.
      if (earlier->name.empty() && spec->name.empty() && !spec->upstream) continue;
      throw ConfigError(
          fmt::format("'{}' is given twice: name it once, or give each a name of its own: NAME={}",
                      name_of(*spec), spec->target));
    }
  }
}

}  // namespace dispatch::link
