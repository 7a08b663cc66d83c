#include "cli/listeners.hpp"

#include "cli/console.hpp"
#include "cli/exit_status.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace dispatch::cli {
namespace {

[[noreturn]] void throw_cannot_listen(const proxy::ListenerSpec& spec, const net::Error& error,
                                      bool is_default) {
  const auto where = to_string(spec);
  if (error == net::asio::error::address_in_use && !spec.path.empty()) {
    throw RuntimeError(fmt::format(
        "{} is already in use: choose another path, or stop the program that listens there (a file "
        "that is no socket is left alone)",
        where));
  }
  if (error == net::asio::error::address_in_use) {
    throw RuntimeError(fmt::format(
        "{} is already in use: choose another port with {}, or stop the program that listens there",
        where, is_default ? "--port" : "--listen"));
  }
  if (error == boost::system::errc::address_not_available) {
    throw UsageError(fmt::format("{}: {} is not an address of this machine (see 'dispatch list')",
                                 is_default ? "--ip" : "--listen",
                                 spec.endpoint.address.to_string()));
  }
  throw RuntimeError(fmt::format("cannot listen on {}: {}", where, error.message()));
}

}  // namespace

std::vector<proxy::ListenerSpec> open_listeners(proxy::Server& server,
                                                const StartArguments& arguments) {
  std::vector<proxy::ListenerSpec> opened;
  for (const auto& spec : arguments.listeners) {
    auto listener = server.open(spec);
    if (!listener) throw_cannot_listen(spec, listener.error(), arguments.listens_by_ip_and_port);
    opened.push_back(std::move(*listener));
  }
  return opened;
}

std::string list_of(const std::vector<proxy::ListenerSpec>& listeners) {
  std::string list;
  for (const auto& spec : listeners) list += (list.empty() ? "" : ", ") + to_string(spec);
  return list;
}

void warn_of_open_doors(const std::vector<proxy::ListenerSpec>& listeners,
                        const proxy::ServerOptions& options) {
  const auto& allowed = options.admission.allowed;
  const bool anyone = allowed.empty() || std::ranges::any_of(allowed, [](const auto& range) {
                        return range.length == 0;
                      });
  if (!options.accounts.empty() || !anyone) return;
  for (const auto& spec : listeners) {
    // Who may connect to one behind a proxy is said by --accept-proxy-from.
    if (!is_beyond_this_machine(spec) || spec.entrance.accept_proxy) continue;
    complain(
        fmt::format("warning: {} can be reached from other machines, and asks nobody for a "
                    "password: whoever reaches it can use your links",
                    to_string(spec)));
  }
}

}  // namespace dispatch::cli
