#include "engine/fleet/target_policy.hpp"

#include "engine/net/config_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dispatch::fleet {
namespace {

std::string normal_name(std::string_view text) {
  std::string out(text);
  for (auto& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  while (out.ends_with('.')) out.pop_back();
  return out;
}

// RFC 6890 and its registry, as far as unicast packets can have them.
constexpr std::array<std::string_view, 25> kSpecial = {
    "0.0.0.0/8",     "10.0.0.0/8",   "100.64.0.0/10",  "127.0.0.0/8",   "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4",
    "240.0.0.0/4",   "::/128",       "::1/128",        "::ffff:0:0/96", "64:ff9b:1::/48",
    "100::/64",      "fc00::/7",     "fe80::/10",      "fec0::/10",     "ff00::/8",
    "5f00::/16",     "2001::/32",    "2001:10::/28",   "2001:20::/28",  "3fff::/20"};

const std::vector<net::Prefix>& special_prefixes() {
  static const auto kPrefixes = [] {
    std::vector<net::Prefix> prefixes;
    for (const auto text : kSpecial) prefixes.push_back(net::parse_prefix(text).value());
    return prefixes;
  }();
  return kPrefixes;
}

// An IPv6 address that stands for an IPv4 one leads where that one does (RFC 6052, RFC 3056).
std::optional<net::Address> embedded(const net::Address& address) {
  if (!address.is_v6()) return std::nullopt;
  const auto bytes = address.to_v6().to_bytes();
  const auto v4_at = [&](std::size_t at) {
    return net::Address(net::AddressV4({bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]}));
  };
  static const auto kNat64 = net::parse_prefix("64:ff9b::/96").value();
  static const auto k6To4 = net::parse_prefix("2002::/16").value();
  if (kNat64.contains(address)) return v4_at(12);
  if (k6To4.contains(address)) return v4_at(2);
  return std::nullopt;
}

void read_patterns(JsonReader& reader, std::string_view key, std::vector<TargetPattern>& patterns) {
  std::vector<std::string> texts;
  reader.texts(key, texts);
  for (const auto& text : texts) {
    try {
      patterns.emplace_back(text);
    } catch (const net::ConfigError& error) {
      return reader.fail(key, error.what());
    }
  }
}

bool any_matches(const std::vector<TargetPattern>& patterns, const auto& what) {
  return std::ranges::any_of(patterns, [&](const auto& each) { return each.matches(what); });
}

}  // namespace

bool is_private(const net::Address& given) {
  const auto address = net::without_scope(net::unmapped(given));
  if (const auto v4 = embedded(address)) return is_private(*v4);
  return std::ranges::any_of(special_prefixes(),
                             [&](const auto& prefix) { return prefix.contains(address); });
}

TargetPattern::TargetPattern(std::string_view text) {
  if (const auto prefix = net::parse_prefix(text)) {
    prefix_ = *prefix;
    text_ = text.find('/') == std::string_view::npos ? net::to_string(prefix->address)
                                                     : net::to_string(*prefix);
    return;
  }
  text_ = normal_name(text);
  const auto name = std::string_view(text_).substr(text_.starts_with("*.") ? 2 : 0);
  const bool is_name = !name.empty() && name.size() <= 253 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
  if (!is_name) {
    throw net::ConfigError(fmt::format(
        "'{}' is no target: a name, *.NAME, an address or a prefix such as 10.0.0.0/8", text));
  }
}

bool TargetPattern::matches(std::string_view given) const {
  if (prefix_) return false;
  const auto name = normal_name(given);
  if (!text_.starts_with("*.")) return name == text_;
  return name.size() > text_.size() - 1 && name.ends_with(std::string_view(text_).substr(1));
}

bool TargetPattern::matches(const net::Address& address) const {
  return prefix_ && prefix_->contains(net::without_scope(net::unmapped(address)));
}

std::optional<std::string> TargetPolicy::objection(std::string_view host) const {
  if (const auto address = net::parse_address(host)) return objection(host, *address);
  if (any_matches(denied, host)) return fmt::format("{} is denied as a target", host);
  if (allowed.empty() || any_matches(allowed, host)) return std::nullopt;
  // It may lead to an address that is allowed.
  if (std::ranges::any_of(allowed, [](const auto& each) { return !each.is_of_names(); })) {
    return std::nullopt;
  }
  return fmt::format("{} is not among the allowed targets", host);
}

std::optional<std::string> TargetPolicy::objection(std::string_view host,
                                                   const net::Address& address) const {
  const auto named = [&] {
    const auto text = net::to_string(address);
    return text == host ? text : fmt::format("{} ({})", host, text);
  };
  if (any_matches(denied, host) || any_matches(denied, address)) {
    return fmt::format("{} is denied as a target", named());
  }
  const bool allowed_by_address = any_matches(allowed, address);
  if (is_private(address) && !private_addresses && !allowed_by_address) {
    return fmt::format("{} is private: such targets are denied", named());
  }
  if (allowed.empty() || allowed_by_address || any_matches(allowed, host)) return std::nullopt;
  return fmt::format("{} is not among the allowed targets", named());
}

json::object to_json(const TargetPolicy& policy) {
  const auto texts = [](const std::vector<TargetPattern>& patterns) {
    json::array array;
    for (const auto& each : patterns) array.emplace_back(each.text());
    return array;
  };
  return {{"allow", texts(policy.allowed)},
          {"deny", texts(policy.denied)},
          {"private", policy.private_addresses}};
}

boost::system::result<TargetPolicy, JsonProblem> read_target_policy(const json::object& object) {
  TargetPolicy policy;
  JsonReader reader(object, {"policy"});
  read_patterns(reader, "allow", policy.allowed);
  read_patterns(reader, "deny", policy.denied);
  reader.truth("private", policy.private_addresses);
  if (reader.problem()) return *reader.problem();
  return policy;
}

}  // namespace dispatch::fleet
