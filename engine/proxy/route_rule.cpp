#include "engine/proxy/route_rule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace dispatch::proxy {
namespace {

constexpr std::string_view kBlank = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return text.substr(text.size());
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Parts of a rule, all of them within its text.
class Parser {
 public:
  explicit Parser(std::string_view text) : whole_(text) {}

  RouteRule parse() {
    const auto equals = whole_.find('=');
    if (equals == std::string_view::npos) {
      fail(whole_, "there is no '=': write WHO=WHAT, such as 10.0.0.0/8=direct");
    }
    rule_.text = trimmed(whole_);
    parse_who(trimmed(whole_.substr(0, equals)));
    parse_what(trimmed(whole_.substr(equals + 1)));
    return std::move(rule_);
  }

 private:
  [[noreturn]] void fail(std::string_view part, std::string what) {
    throw RouteSyntaxError(std::move(what), static_cast<std::size_t>(part.data() - whole_.data()));
  }

  void parse_who(std::string_view who) {
    if (who.empty()) fail(who, "before the '=' is nothing: a range, a name, :PORT or * for all");
    // Without brackets, what has two colons is an IPv6 address.
    const auto bracket = who.starts_with('[') ? who.find(']') : 0;
    if (bracket == std::string_view::npos) fail(who, fmt::format("'{}': the ']' is missing", who));
    const auto colon = who.find(':', bracket);
    const bool bare_v6 = bracket == 0 && std::count(who.begin(), who.end(), ':') > 1;
    if (bare_v6 || colon == std::string_view::npos) return parse_host(who);
    if (colon != 0) parse_host(who.substr(0, colon));
    parse_ports(who.substr(colon + 1));
  }

  void parse_host(std::string_view host) {
    if (host == "*") return;
    const bool numeric =
        host.find_first_not_of("0123456789./") == std::string_view::npos && host != ".";
    if (host.find_first_of(":[/") != std::string_view::npos || numeric) return parse_range(host);
    rule_.with_subdomains = host.starts_with('.');
    auto name = canonical_name(rule_.with_subdomains ? host.substr(1) : host);
    if (name.starts_with("*.")) {
      fail(host,
           fmt::format("'{}': for a domain and all below it write '{}'", host, name.substr(1)));
    }
    const auto odd = std::find_if(name.begin(), name.end(),
                                  [](char c) { return c != '.' && !is_name_character(c); });
    if (name.empty() || odd != name.end() || name.starts_with('.') || name.ends_with('.') ||
        name.size() > 253 || name.find("..") != std::string::npos) {
      fail(host, fmt::format("'{}' is not a name, a domain, a range of addresses, or *", host));
    }
    rule_.name = std::move(name);
  }

  void parse_range(std::string_view text) {
    std::string plain(text);
    std::erase_if(plain, [](char c) { return c == '[' || c == ']'; });
    auto range = net::parse_prefix(plain);
    if (!range || plain.find('%') != std::string::npos) {
      fail(text,
           fmt::format("'{}' is not an address or a range such as 10.0.0.0/8 or 2001:db8::/32",
                       text));
    }
    constexpr std::uint8_t kMapped = 96;
    const auto unmapped = net::unmapped(range->address);
    if (unmapped.is_v4() && range->address.is_v6() && range->length >= kMapped) {
      range = net::Prefix{unmapped, static_cast<std::uint8_t>(range->length - kMapped)};
    }
    rule_.range = range;
  }

  std::uint16_t parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, port);
    if (error != std::errc{} || rest != end) {
      fail(text,
           fmt::format("'{}' is not a port: a number up to 65535, or a range 6000-6010", text));
    }
    return port;
  }

  void parse_ports(std::string_view list) {
    for (;;) {
      const auto comma = list.find(',');
      const auto item = list.substr(0, comma);
      const auto dash = item.find('-');
      PortRange range;
      range.first = parse_port(item.substr(0, dash));
      range.last = dash == std::string_view::npos ? range.first : parse_port(item.substr(dash + 1));
      if (range.first > range.last) fail(item, fmt::format("'{}' runs backwards", item));
      rule_.ports.push_back(range);
      if (comma == std::string_view::npos) return;
      list.remove_prefix(comma + 1);
    }
  }

  void parse_what(std::string_view what) {
    if (what == "direct") {
      rule_.action = RouteAction::direct;
    } else if (what == "refuse") {
      rule_.action = RouteAction::refuse;
    } else if (what == "dispatch") {
      rule_.action = RouteAction::dispatch;
    } else {
      auto link = what;
      if (what.starts_with("link ") || what.starts_with("link\t")) link = trimmed(what.substr(5));
      if (link.empty()) fail(what, "behind the '=' is nothing: direct, refuse, dispatch or a link");
      rule_.action = RouteAction::link;
      rule_.link = link;
    }
  }

  std::string_view whole_;
  RouteRule rule_;
};

}  // namespace

bool RouteRule::has_port(std::uint16_t port) const {
  return ports.empty() || std::any_of(ports.begin(), ports.end(), [&](const PortRange& each) {
           return each.first <= port && port <= each.last;
         });
}

bool RouteRule::has_name(std::string_view canonical) const {
  if (!canonical.ends_with(name)) return false;
  const auto before = canonical.substr(0, canonical.size() - name.size());
  return before.empty() || (with_subdomains && before.ends_with('.'));
}

std::string canonical_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string canonical(name);
  for (auto& each : canonical) {
    if (each >= 'A' && each <= 'Z') each = static_cast<char>(each - 'A' + 'a');
  }
  return canonical;
}

RouteRule parse_route_rule(std::string_view text) {
  return Parser(text).parse();
}

std::vector<RouteRule> parse_route_rules(std::string_view text, const std::string& source) {
  std::vector<RouteRule> rules;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    line = line.substr(0, line.find('#'));
    if (trimmed(line).empty()) continue;
    try {
      auto& rule = rules.emplace_back(parse_route_rule(line));
      rule.place = fmt::format("{}:{}", source, number);
    } catch (const RouteSyntaxError& error) {
      throw net::ConfigError(
          fmt::format("{}:{}:{}: {}", source, number, error.column() + 1, error.what()));
    }
  }
  return rules;
}

}  // namespace dispatch::proxy
