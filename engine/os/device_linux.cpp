#include "engine/os/socket.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

namespace dispatch::os {

net::Status bind_to_device(int socket, const std::string& device) {
  // A longer name is silently cut by the kernel, which could then name another device.
  if (device.size() >= 16) return net::errno_error(ENODEV);  // IFNAMSIZ
  if (::setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, device.data(),
                   static_cast<socklen_t>(device.size())) != 0) {
    return last_error();
  }
  return {};
}

void let_connect_choose_the_port(int socket) {
  // Older kernels than 4.2 refuse and choose at once: correct, with fewer connections.
  set_option(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
}

}  // namespace dispatch::os
