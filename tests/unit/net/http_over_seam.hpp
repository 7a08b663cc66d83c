// Boost.Beast and asio::ssl over net::AsyncStream: a server with one page and a client that fetches
// it. Programs of the seam: both worlds run them.
#pragma once

#include "engine/net/runtime.hpp"

#include <string>

namespace dispatch::test {

enum class Security { plain, tls };

inline constexpr std::size_t kPageBytes = 300'000;  // longer than one TLS record and one read
std::string page();

// Answers one request for "/page", then closes the connection.
net::Task<void> serve_page(net::Runtime& runtime, net::Listener& listener, Security security);

struct Page {
  unsigned status = 0;
  std::string body;
  std::string peer_name;  // of the certificate, with TLS
};
net::Task<Page> fetch_page(net::Runtime& runtime, net::Endpoint server, Security security);

}  // namespace dispatch::test
