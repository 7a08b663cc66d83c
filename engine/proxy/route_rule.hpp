// One rule of the way to targets, as people write it: WHO=WHAT.
//
//     10.0.0.0/8=direct            a range of addresses; an address by itself, IPv6 as it is
//     .example.com=eth0            example.com and every name below it
//     printer.local=direct         this name
//     :25,465-587=refuse           ports
//     .example.com:443=eth0        both; with a port, IPv6 in brackets: [2001:db8::]/32:443
//     *=dispatch                   everything
//
// WHAT is direct, refuse, dispatch, or the name of a link ("link NAME" for one that is called like
// one of these words).
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/config_error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::proxy {

enum class RouteAction : std::uint8_t {
  dispatch,  // the link whose turn it is
  direct,    // by the host's own routes
  refuse,
  link,  // a certain link, and no other
};

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;

  friend bool operator==(const PortRange&, const PortRange&) = default;
};

struct RouteRule {
  std::string text;     // as it was written: rules are told by it
  std::string place{};  // "FILE:LINE", where it stands in a file

  // Who. A rule has a range or a name or neither: then any host.
  std::optional<net::Prefix> range;  // an IPv4-mapped one as IPv4
  std::string name;                  // in the form of canonical_name()
  bool with_subdomains = false;
  std::vector<PortRange> ports;  // empty: any

  // What.
  RouteAction action = RouteAction::dispatch;
  std::string link;  // (RouteAction::link)

  bool has_port(std::uint16_t port) const;
  bool has_name(std::string_view canonical) const;
};

// In lower case, without the root's dot: how names are compared.
std::string canonical_name(std::string_view name);

// What is wrong with a rule, and where in it.
class RouteSyntaxError : public net::ConfigError {
 public:
  RouteSyntaxError(const std::string& what, std::size_t column)
      : net::ConfigError(what), column_(column) {}

  std::size_t column() const { return column_; }  // in bytes, from 0

 private:
  std::size_t column_;
};

// Throws RouteSyntaxError.
RouteRule parse_route_rule(std::string_view text);

// A rule a line, in their order; empty lines, and what follows a #, are skipped. Throws
// net::ConfigError: "SOURCE:LINE:COLUMN: what is wrong", both counted from 1.
std::vector<RouteRule> parse_route_rules(std::string_view text, const std::string& source);

}  // namespace dispatch::proxy
