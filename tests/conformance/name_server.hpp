// The name server of the suite: a small program over the seam, the same in both worlds.
#pragma once

#include "engine/net/runtime.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace dispatch::conformance {

// The zone.
inline constexpr const char* kBothName = "both.example.com";        // one address per family
inline constexpr const char* kV4OnlyName = "v4only.example.com";    // two IPv4 addresses
inline constexpr const char* kV6OnlyName = "v6only.example.com";    // one IPv6 address
inline constexpr const char* kFailingName = "failing.example.com";  // SERVFAIL
inline constexpr const char* kMissingName = "missing.example.com";  // NXDOMAIN
inline constexpr int kTtlSeconds = 300;

// Of the names above, in the order of the answer.
std::vector<net::Address> addresses_of(const std::string& name, net::Family family);

class NameServer {
 public:
  // Opens a socket at `address`, on a port of the kernel's choice.
  NameServer(net::Runtime& runtime, const net::Address& address);

  net::Endpoint endpoint() const { return socket_->local_endpoint(); }
  net::Task<void> serve();  // until it is cancelled
  void set_silent(bool silent) { silent_ = silent; }
  const std::vector<net::Endpoint>& askers() const { return askers_; }

 private:
  net::DatagramPtr socket_;
  bool silent_ = false;
  std::vector<net::Endpoint> askers_;
};

}  // namespace dispatch::conformance
