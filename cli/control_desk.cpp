#include "cli/control_desk.hpp"

#include "cli/control_path.hpp"
#include "cli/exit_status.hpp"
#include "cli/version.hpp"
#include "engine/control/socket.hpp"

#include <boost/asio/error.hpp>
#include <fmt/format.h>

#include <filesystem>

namespace dispatch::cli {
namespace {

control::Hooks hooks_of(ProxyThreads& proxy, Reload& reload) {
  control::Hooks hooks;
  hooks.reload = [&reload] { return reload(); };
  hooks.look = [&proxy](std::size_t connections_max) { return proxy.look(connections_max); };
  return hooks;
}

void make_folder_of(const std::string& path) {
  namespace fs = std::filesystem;
  const auto folder = fs::path(path).parent_path();
  std::error_code error;
  if (folder.empty() || !fs::create_directory(folder, error)) return;
  fs::permissions(folder, fs::perms::owner_all, error);
}

}  // namespace

ControlDesk::ControlDesk(os::Runtime& runtime, link::LinkSet& links, ProxyThreads& proxy,
                         Reload& reload, const StartArguments& arguments)
    : runtime_(runtime),
      controller_(runtime, links, std::string(kVersion), hooks_of(proxy, reload)) {
  if (arguments.web) open_web(arguments);
  if (arguments.control != kNoControl) open_socket(arguments.control);
}

void ControlDesk::open_web(const StartArguments& arguments) {
  auto listener = runtime_.network().listen(*arguments.web, {});
  if (!listener) {
    throw RuntimeError(
        fmt::format("--web: {}: {}", to_string(*arguments.web), listener.error().message()));
  }
  web_ = std::move(*listener);
  token_was_made_ = arguments.web_token.empty();
  web_options_.token =
      token_was_made_ ? control::make_token(runtime_.entropy()) : arguments.web_token;
  web_options_.token_to_read = !arguments.web->address.is_loopback();
}

std::string ControlDesk::web_url() const {
  if (!web_) return {};
  return fmt::format("http://{}/{}", to_string(web_->local_endpoint()),
                     token_was_made_ ? "#" + web_options_.token : "");
}

void ControlDesk::open_socket(const std::string& asked) {
  const auto path = asked.empty() ? default_control_path() : asked;
  if (path.empty()) return;
  if (asked.empty()) make_folder_of(path);
  auto socket = control::open_socket(runtime_.network(), path);
  if (socket) {
    socket_ = std::move(*socket);
    return;
  }
  const bool in_use = socket.error() == net::asio::error::address_in_use;
  const auto why = in_use ? std::string("another dispatch listens there, or a file is in the way")
                          : socket.error().message();
  if (!asked.empty()) throw RuntimeError(fmt::format("--control: {}: {}", path, why));
  runtime_.log().warning("no control socket: {}: {}; give one with --control", path, why);
}

void ControlDesk::start(net::TaskGroup& tasks) {
  tasks.spawn(controller_.follow());
  if (web_) tasks.spawn(control::serve_web(controller_, *web_, web_options_));
  if (socket_) tasks.spawn(control::serve_socket(controller_, *socket_));
}

}  // namespace dispatch::cli
