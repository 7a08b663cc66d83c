// What SOCKS4 and SOCKS5 have in common: the course of CONNECT and of BIND.
#pragma once

#include "engine/proxy/client.hpp"
#include "engine/proxy/octets.hpp"

#include <optional>
#include <string>

namespace dispatch::proxy {

// How a version of the protocol answers.
class SocksAnswers {
 public:
  virtual ~SocksAnswers() = default;

  // The bytes of the answer that grants the request, telling an endpoint.
  virtual Bytes granted(const net::Endpoint& endpoint) const = 0;
  // The bytes of the answer that there is no connection.
  virtual Bytes refused(const net::Error& why) const = 0;
};

// Counts, logs, and tells the client that there is no connection.
net::Task<void> refuse(Client& client, const SocksAnswers& answers, std::string what,
                       net::Error why);

// Grants, telling `endpoint`; false where the client has gone.
net::Task<bool> grant(Client& client, const SocksAnswers& answers, net::Endpoint endpoint);

// Dials, and tells the address that the target sees.
net::Task<std::optional<Tunnel>> socks_connect(Client& client, const SocksAnswers& answers,
                                               Target target);

// Two answers: where the peer has to connect to, and then, who has connected.
net::Task<std::optional<Tunnel>> socks_bind(Client& client, const SocksAnswers& answers,
                                            Target target);

}  // namespace dispatch::proxy
