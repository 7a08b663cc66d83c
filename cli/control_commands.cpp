#include "cli/control_commands.hpp"

#include "cli/console.hpp"
#include "cli/control_path.hpp"
#include "cli/control_tables.hpp"
#include "cli/exit_status.hpp"
#include "cli/whole_number.hpp"
#include "engine/control/socket.hpp"
#include "engine/link/link_spec.hpp"
#include "engine/os/runtime.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/json.hpp>
#include <boost/system/errc.hpp>
#include <fmt/format.h>

namespace dispatch::cli {
namespace {

namespace js = boost::json;

constexpr auto kPatience = std::chrono::seconds(10);

net::Result<std::string> ask_and_wait(const std::string& path, const std::string& request,
                                      net::Duration patience) {
  os::Runtime runtime;
  net::Result<std::string> answer = net::Error();
  net::asio::co_spawn(runtime.executor(), control::ask(runtime, path, request, patience),
                      [&](std::exception_ptr exception, net::Result<std::string> got) {
                        answer = std::move(got);
                        runtime.stop();
                        if (exception) std::rethrow_exception(exception);
                      });
  runtime.run();
  return answer;
}

bool is_nobody(const net::Error& error) {
  namespace errc = boost::system::errc;
  return error == errc::no_such_file_or_directory || error == errc::connection_refused ||
         error == errc::not_a_directory;
}

[[noreturn]] void throw_cannot_ask(const std::string& path, const net::Error& error) {
  if (error == boost::system::errc::permission_denied) {
    throw RuntimeError(
        fmt::format("{}: only the user who started that dispatch may control it: try sudo", path));
  }
  throw RuntimeError(fmt::format("{}: {}", path, error.message()));
}

}  // namespace

std::string link_request(const std::string& name, const std::string& change,
                         const std::string& value) {
  js::object request = {{"do", "link"}, {"name", name}};
  if (change == "weight") {
    request["weight"] = whole_number("weight", value, 1, link::kWeightMax);
    return js::serialize(request);
  }
  if (change != "on" && change != "off") {
    throw UsageError(fmt::format("'{}' is none of on, off and weight N", change));
  }
  if (!value.empty()) throw UsageError(fmt::format("'{}' is too much behind '{}'", value, change));
  request["enabled"] = change == "on";
  return js::serialize(request);
}

std::string ask_dispatch(const std::string& socket, const std::string& request,
                         std::chrono::milliseconds patience) {
  auto paths = control_paths();
  if (!socket.empty()) paths = {socket};
  std::string tried;
  for (const auto& path : paths) {
    auto answer = ask_and_wait(path, request, patience);
    if (answer) return std::move(*answer);
    if (!is_nobody(answer.error())) throw_cannot_ask(path, answer.error());
    tried += (tried.empty() ? "" : ", ") + path;
  }
  throw RuntimeError(fmt::format(
      "no dispatch runs here (looked at {}): start one with 'dispatch start', or say where its "
      "control socket is with --control",
      tried));
}

int run_control(const ControlArguments& arguments) {
  const auto text = ask_dispatch(arguments.socket, arguments.request, kPatience);
  boost::system::error_code error;
  const auto answer = js::parse(text, error);
  if (error || !answer.is_object()) throw RuntimeError("what answers there is no dispatch");
  const auto& object = answer.get_object();
  if (const auto* wrong = object.if_contains("error")) {
    throw RuntimeError(std::string(wrong->as_string()));
  }
  if (const auto* done = object.if_contains("done")) {
    print(std::string(done->as_string()) + '\n');
  } else {
    print(arguments.json ? text + '\n' : answer_table(object, styled_output()));
  }
  return kSuccess;
}

}  // namespace dispatch::cli
