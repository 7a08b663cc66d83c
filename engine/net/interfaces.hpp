// The host's network interfaces, and word of their changes.
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/async.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dispatch::net {

struct Interface {
  std::string name;
  std::uint32_t index = 0;
  bool up = false;       // administratively up (IFF_UP)
  bool running = false;  // has a carrier (IFF_RUNNING)
  bool loopback = false;
  std::uint32_t mtu = 0;          // bytes
  std::vector<Prefix> addresses;  // each with its own host part: 192.0.2.7/24

  friend bool operator==(const Interface&, const Interface&) = default;
};

class InterfaceWatch {
 public:
  virtual ~InterfaceWatch() = default;

  // Ends when an interface or an address has changed since the watch was made or the last wait
  // ended; several changes may end one wait. List the interfaces again to see. Errors:
  // operation_aborted, and what the kernel says.
  virtual Task<Status> changed() = 0;
};

class Interfaces {
 public:
  virtual ~Interfaces() = default;

  // As they are now, by index.
  virtual Result<std::vector<Interface>> list() = 0;

  virtual Result<std::unique_ptr<InterfaceWatch>> watch() = 0;
};

}  // namespace dispatch::net
