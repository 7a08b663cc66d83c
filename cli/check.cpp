#include "cli/check.hpp"

#include "cli/console.hpp"
#include "cli/exit_status.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"
#include "engine/os/router.hpp"
#include "engine/os/runtime.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace dispatch::cli {
namespace {

namespace js = boost::json;
using link::CheckStep;
using Outcome = CheckStep::Outcome;

std::string cell(const CheckStep& step) {
  switch (step.outcome) {
    case Outcome::skipped:
      return "-";
    case Outcome::passed:
      return step.text;
    case Outcome::warned:
      return step.text + " (!)";
    case Outcome::failed:
      return step.text == "failed" ? "FAILED" : step.text + " FAILED";
  }
  return "";
}

std::string_view word(Outcome outcome) {
  switch (outcome) {
    case Outcome::skipped:
      return "skipped";
    case Outcome::passed:
      return "passed";
    case Outcome::warned:
      return "warning";
    case Outcome::failed:
      return "failed";
  }
  return "";
}

js::object step_json(const CheckStep& step) {
  return {{"outcome", word(step.outcome)}, {"text", step.text}};
}

js::object link_json(const link::LinkCheck& check) {
  js::array addresses;
  for (const auto& each : check.addresses) {
    addresses.push_back({{"from", each.from},
                         {"device", each.device},
                         {"bind", step_json(each.bind)},
                         {"route", step_json(each.route)},
                         {"dns", step_json(each.names)},
                         {"connect", step_json(each.connect)},
                         {"http", step_json(each.answer)}});
  }
  js::array findings;
  for (const auto& each : check.findings) {
    findings.push_back(
        {{"severity", each.severity == link::Severity::failure ? "failure" : "warning"},
         {"what", each.what},
         {"commands", js::array(each.commands.begin(), each.commands.end())}});
  }
  return {{"name", check.name},
          {"passed", check.passed()},
          {"addresses", std::move(addresses)},
          {"findings", std::move(findings)}};
}

std::string findings_text(const link::LinkCheck& check) {
  std::string text;
  for (const auto& each : check.findings) {
    text += fmt::format("\n{}{}: {}\n", check.name,
                        each.severity == link::Severity::failure ? "" : " (warning)", each.what);
    if (each.commands.empty()) continue;
    text += "  This would change it, as root, until the next boot:\n";
    for (const auto& command : each.commands) text += "    " + command + "\n";
    const auto unknown = [](const std::string& command) {
      return command.find("GATEWAY") != std::string::npos;
    };
    if (std::ranges::any_of(each.commands, unknown)) {
      text += "  GATEWAY is the address of that network's router: no route names one.\n";
    }
  }
  return text;
}

}  // namespace

std::string check_text(const std::vector<link::LinkCheck>& checks, bool styled) {
  Table table({{"LINK"},
               {"FROM"},
               {"BIND"},
               {"ROUTE"},
               {"NAMES", Align::right},
               {"CONNECT", Align::right},
               {"HTTP"},
               {"LINK WORKS"}});
  std::string findings;
  for (const auto& check : checks) {
    auto name = check.name;
    std::string verdict = check.passed() ? "yes" : "NO";
    if (check.addresses.empty()) table.add({name, "-", "-", "-", "-", "-", "-", verdict});
    for (const auto& each : check.addresses) {
      table.add({std::exchange(name, ""), each.from, cell(each.bind), cell(each.route),
                 cell(each.names), cell(each.connect), cell(each.answer),
                 std::exchange(verdict, "")});
    }
    findings += findings_text(check);
  }
  return table.render("", styled) + findings;
}

std::string check_json(const std::vector<link::LinkCheck>& checks) {
  js::array links;
  for (const auto& each : checks) links.push_back(link_json(each));
  const js::object all{{"passed", std::ranges::all_of(checks, &link::LinkCheck::passed)},
                       {"links", std::move(links)}};
  return js::serialize(all) + "\n";
}

int run_check(const CheckArguments& arguments) {
  net::NullLog log;
  os::Runtime runtime(log, {arguments.resolver, nullptr});
  const auto interfaces = runtime.interfaces().list();
  if (!interfaces) {
    throw RuntimeError("cannot list the network interfaces: " + interfaces.error().message());
  }
  const auto links = link::make_links(arguments.links, *interfaces, runtime.network());
  if (links.empty()) throw RuntimeError("no interface can be a link: see 'dispatch list'");
  os::Router router;
  std::vector<link::LinkCheck> checks;
  net::asio::co_spawn(runtime.executor(),
                      link::run_link_checks(runtime, router, links, arguments.check),
                      [&](std::exception_ptr exception, std::vector<link::LinkCheck> done) {
                        checks = std::move(done);
                        runtime.stop();
                        if (exception) std::rethrow_exception(exception);
                      });
  runtime.run();
  print(arguments.json ? check_json(checks) : check_text(checks, styled_output()));
  return std::ranges::all_of(checks, &link::LinkCheck::passed) ? kSuccess : kFailure;
}

}  // namespace dispatch::cli
