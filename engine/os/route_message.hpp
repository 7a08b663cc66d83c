// rtnetlink(7): questions about routes, and the kernel's answers.
#pragma once

#include "engine/net/async.hpp"
#include "engine/os/file_descriptor.hpp"

#include <cstdint>
#include <functional>
#include <linux/rtnetlink.h>
#include <optional>
#include <span>
#include <vector>

namespace dispatch::os {

// One route or rule of an answer: both have this head, and attributes behind it.
class RouteMessage {
 public:
  explicit RouteMessage(const nlmsghdr& message) : message_(message) {}

  std::uint16_t type() const { return message_.nlmsg_type; }
  const rtmsg& head() const { return *static_cast<const rtmsg*>(NLMSG_DATA(&message_)); }
  // Empty: it is not there.
  std::span<const std::byte> attribute(std::uint16_t kind) const;
  std::optional<std::uint32_t> number(std::uint16_t kind) const;

 private:
  const nlmsghdr& message_;
};

class RouteQuestion {
 public:
  // RTM_GETROUTE, RTM_GETRULE; `family` AF_INET or AF_INET6; NLM_F_DUMP for all there are.
  RouteQuestion(std::uint16_t type, std::uint16_t flags, std::uint8_t family);

  rtmsg& head() { return *static_cast<rtmsg*>(NLMSG_DATA(data())); }
  void add(std::uint16_t kind, std::span<const std::byte> value);

  // Asks the kernel of this thread's network namespace. Errors: the kernel's.
  net::Status ask(const std::function<void(const RouteMessage&)>& answer);

 private:
  nlmsghdr* data() { return reinterpret_cast<nlmsghdr*>(bytes_.data()); }

  std::vector<std::byte> bytes_;
};

}  // namespace dispatch::os
