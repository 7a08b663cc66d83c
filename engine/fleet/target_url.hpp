// The URL of a request (RFC 3986, http and https only), taken apart.
#pragma once

#include "engine/fleet/json_reader.hpp"
#include "engine/proxy/target.hpp"

#include <boost/system/result.hpp>

#include <string>
#include <string_view>

namespace dispatch::fleet {

struct TargetUrl {
  bool tls = false;
  proxy::Target target;     // the port is there always
  std::string user_info;    // "user:password", decoded; empty: none
  std::string origin_form;  // path and query, for the request line

  // For Host: without the port where it is the scheme's own.
  std::string authority() const;
  // The host by itself: for certificates, policies and limits; lower case.
  std::string host() const;
  // "https://www.example/path?query", without user information.
  std::string text() const;
};

// What is wrong is said in a line.
boost::system::result<TargetUrl, std::string> parse_target_url(std::string_view text);

// A Location (RFC 9110 10.2.2) as seen from `base`.
boost::system::result<TargetUrl, std::string> resolve_location(const TargetUrl& base,
                                                               std::string_view location);

// Appends them to the query, percent-encoded.
void add_params(TargetUrl& url, const Pairs& params);

}  // namespace dispatch::fleet
