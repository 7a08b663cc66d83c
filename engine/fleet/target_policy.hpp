// Which targets may be asked, so that a coordinator is no open door into networks.
#pragma once

#include "engine/fleet/json_reader.hpp"
#include "engine/net/address.hpp"

#include <boost/system/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::fleet {

// Loopback, link-local, private (RFC 1918, RFC 4193), shared (RFC 6598), multicast, unspecified and
// the like: what is no public unicast address (RFC 6890).
bool is_private(const net::Address& address);

// A name ("www.example"), all names below one ("*.example"), an address, or a prefix.
class TargetPattern {
 public:
  // Throws net::ConfigError.
  explicit TargetPattern(std::string_view text);

  bool is_of_names() const { return !prefix_; }
  bool matches(std::string_view name) const;
  bool matches(const net::Address& address) const;
  const std::string& text() const { return text_; }
  friend bool operator==(const TargetPattern& a, const TargetPattern& b) {
    return a.text_ == b.text_;
  }

 private:
  std::string text_;
  std::optional<net::Prefix> prefix_;
};

// A host is allowed where no denied pattern matches it or the address that it leads to; where a
// pattern is allowed, one has to match either. Private addresses are denied unless
// `private_addresses`, or an allowed address or prefix matches them (a name does not: whoever owns
// the name decides where it leads).
struct TargetPolicy {
  std::vector<TargetPattern> allowed;  // none: all
  std::vector<TargetPattern> denied;
  bool private_addresses = false;

  // Why not; none: it is allowed. Of a host as the URL has it (a name, or an address): what can be
  // said before it is looked up.
  std::optional<std::string> objection(std::string_view host) const;
  // Of an address that `host` leads to.
  std::optional<std::string> objection(std::string_view host, const net::Address& address) const;

  friend bool operator==(const TargetPolicy&, const TargetPolicy&) = default;
};

json::object to_json(const TargetPolicy& policy);
boost::system::result<TargetPolicy, JsonProblem> read_target_policy(const json::object& object);

}  // namespace dispatch::fleet
