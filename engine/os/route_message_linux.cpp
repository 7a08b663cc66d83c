#include "engine/os/route_message.hpp"
#include "engine/os/socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <linux/netlink.h>
#include <sys/socket.h>

namespace dispatch::os {
namespace {

// The kernel's largest message of a dump.
constexpr std::size_t kMessageMax = 32 * 1024;

}  // namespace

std::span<const std::byte> RouteMessage::attribute(std::uint16_t kind) const {
  const auto* each = RTM_RTA(&head());
  auto left = static_cast<int>(RTM_PAYLOAD(&message_));
  for (; RTA_OK(each, left); each = RTA_NEXT(each, left)) {
    if (each->rta_type != kind) continue;
    return {static_cast<const std::byte*>(RTA_DATA(each)), RTA_PAYLOAD(each)};
  }
  return {};
}

std::optional<std::uint32_t> RouteMessage::number(std::uint16_t kind) const {
  const auto bytes = attribute(kind);
  std::uint32_t value = 0;
  if (bytes.size() != sizeof value) return std::nullopt;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

RouteQuestion::RouteQuestion(std::uint16_t type, std::uint16_t flags, std::uint8_t family)
    : bytes_(NLMSG_SPACE(sizeof(rtmsg))) {
  data()->nlmsg_type = type;
  data()->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  data()->nlmsg_len = static_cast<std::uint32_t>(bytes_.size());
  head().rtm_family = family;
}

void RouteQuestion::add(std::uint16_t kind, std::span<const std::byte> value) {
  const auto at = bytes_.size();
  bytes_.resize(at + RTA_SPACE(value.size()));
  auto* attribute = reinterpret_cast<rtattr*>(bytes_.data() + at);
  attribute->rta_type = kind;
  attribute->rta_len = static_cast<unsigned short>(RTA_LENGTH(value.size()));
  std::memcpy(RTA_DATA(attribute), value.data(), value.size());
  data()->nlmsg_len = static_cast<std::uint32_t>(bytes_.size());
}

net::Status RouteQuestion::ask(const std::function<void(const RouteMessage&)>& answer) {
  const FileDescriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket) return last_error();
  if (::send(socket.get(), bytes_.data(), bytes_.size(), 0) < 0) return last_error();
  alignas(nlmsghdr) std::array<std::byte, kMessageMax> buffer;
  // The kernel answers before send() returns: nothing is waited for here.
  for (;;) {
    const auto size = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return last_error();
    auto left = static_cast<unsigned>(size);
    const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());
    for (; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_type == NLMSG_DONE) return {};
      if (message->nlmsg_type == NLMSG_ERROR) {
        const auto* error = static_cast<const nlmsgerr*>(NLMSG_DATA(message));
        return net::errno_error(-error->error);
      }
      answer(RouteMessage(*message));
      if ((message->nlmsg_flags & NLM_F_MULTI) == 0) return {};
    }
  }
}

}  // namespace dispatch::os
