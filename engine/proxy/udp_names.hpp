// The names that an association's client sends to, and what waits for their addresses.
#pragma once

#include "engine/proxy/octets.hpp"
#include "engine/proxy/udp_flow.hpp"
#include "engine/proxy/udp_options.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dispatch::proxy {

// A name means one flow for as long as that lives: datagrams to it do not jump between addresses.
// Keys are destinations as in the header, so the same name with another port is another one.
class UdpNames {
 public:
  explicit UdpNames(const UdpOptions& options) : options_(options) {}

  struct Name {
    UdpFlow* flow = nullptr;  // null while it is looked up
    std::vector<Bytes> waiting;
  };

  // Null: not known.
  Name* find(std::span<const std::byte> destination);
  // Begins to wait. Null: as many as there may be are looked up already.
  Name* add(std::span<const std::byte> destination);
  // False: there is no room.
  bool wait(Name& name, std::span<const std::byte> payload);
  // The look-up has ended; with `flow` the name stays. What has waited.
  std::vector<Bytes> resolved(const std::string& key, UdpFlow* flow);
  void forget(const UdpFlow& flow);

 private:
  const UdpOptions& options_;
  std::map<std::string, Name, std::less<>> names_;
  std::size_t looked_up_ = 0;
  std::size_t waiting_bytes_ = 0;
};

}  // namespace dispatch::proxy
