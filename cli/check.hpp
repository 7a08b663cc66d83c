// `dispatch check`: tests each link, and says what would put right what is wrong.
#pragma once

#include "cli/start_options.hpp"
#include "engine/link/link_check.hpp"

#include <string>
#include <vector>

namespace dispatch::cli {

// Asked where nothing else is: a web server that answers with status 204 and nothing in it.
inline constexpr auto kCheckTarget = "http://connectivitycheck.gstatic.com/generate_204";

struct CheckArguments {
  std::vector<link::LinkSpec> links{};  // empty: every usable interface
  os::ResolverOptions resolver{};
  link::CheckOptions check{};
  bool json = false;
};

// Throws net::ConfigError and RuntimeError. kFailure where a link fails.
int run_check(const CheckArguments& arguments);

// For people; as JSON: {"passed": ..., "links": [...]}.
std::string check_text(const std::vector<link::LinkCheck>& checks, bool styled);
std::string check_json(const std::vector<link::LinkCheck>& checks);

}  // namespace dispatch::cli
