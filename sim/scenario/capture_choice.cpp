#include "sim/scenario/capture_choice.hpp"

#include "engine/net/config_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace dispatch::scenario {
namespace {

constexpr std::string_view kMachine = "client/";
constexpr std::string_view kFurtherMachine = "machine/";
constexpr std::string_view kOthers[] = {"host/", "clients/"};

// The names by which people call it: the shortest first.
std::vector<std::string> ends_of(const sim::Link& link) {
  std::string_view name = link.name();
  std::vector<std::string> names{link.name()};
  if (name.starts_with(kMachine)) names.emplace_back(name.substr(kMachine.size()));
  if (name.starts_with(kFurtherMachine)) {
    auto own = std::string(name.substr(kFurtherMachine.size()));
    std::ranges::replace(own, '/', '.');
    names.push_back(std::move(own));
  }
  for (const auto prefix : kOthers) {
    if (!name.starts_with(prefix)) continue;
    name.remove_prefix(prefix.size());
    names.emplace_back(name);
    break;
  }
  names.emplace_back(name.substr(0, name.rfind('/')));
  std::ranges::sort(names, {}, &std::string::size);
  return names;
}

}  // namespace

std::vector<sim::Link*> links_to_capture(const sim::World& world,
                                         const std::vector<std::string>& names) {
  std::vector<sim::Link*> chosen;
  std::vector<std::string> unknown = names;
  std::string known;
  for (const auto& link : world.links()) {
    const auto own = ends_of(*link);
    const auto is_own = [&](const std::string& name) {
      return std::ranges::find(own, name) != own.end();
    };
    if (names.empty() || std::ranges::any_of(names, is_own)) chosen.push_back(link.get());
    std::erase_if(unknown, is_own);
    known += fmt::format("{}{}", known.empty() ? "" : ", ", own[own.front() == "client" ? 1 : 0]);
  }
  if (!unknown.empty()) {
    throw net::ConfigError(
        fmt::format("nothing to capture is called \"{}\"; there are {}", unknown.front(), known));
  }
  return chosen;
}

}  // namespace dispatch::scenario
