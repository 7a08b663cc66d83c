// Two network namespaces, a client's and a server's, joined by two veth pairs.
#pragma once

#include "engine/os/network_namespace.hpp"
#include "tests/conformance/world.hpp"

#include <memory>
#include <string>

namespace dispatch::conformance {

// Made with iproute2; gone with the process. The plan, for link N (0 and 1):
//
//   client: wanN 10.77.N.2/24 fd77:N::2/64  ---  server: wanN 10.77.N.1/24 fd77:N::1/64
//   server: lo 10.77.9.1/32 fd77:9::1/128, routed from the client by link 0, then by link 1
//   198.51.100.0/24 and 2001:db8:dead::/48 are routed to the server, which drops them
class NamespaceLab {
 public:
  // Null where we may not: then `why` says what was refused.
  static std::unique_ptr<NamespaceLab> create(std::string& why);

  std::shared_ptr<const os::NetworkNamespace> client() const { return client_; }
  std::shared_ptr<const os::NetworkNamespace> server() const { return server_; }

  // What the World's cause() does, at link N. restore() undoes it.
  void cause(int link, Fault fault) const;

  // Back to the plan, whatever was changed at the client's and the server's links.
  void restore() const;
  // Runs a shell script in the namespace; std::runtime_error where it fails.
  void in_client(const std::string& script) const;
  void in_server(const std::string& script) const;

 private:
  std::shared_ptr<const os::NetworkNamespace> client_;
  std::shared_ptr<const os::NetworkNamespace> server_;
};

}  // namespace dispatch::conformance
