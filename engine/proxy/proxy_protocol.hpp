// The PROXY protocol, versions 1 (text) and 2 (binary), as functions of bytes: how a proxy or a
// load balancer tells the next one, before all else, for whom it connects.
//
// "The PROXY protocol, versions 1 & 2" (Willy Tarreau, HAProxy), sections 2.1 and 2.2. Decoding is
// as in socks5.hpp: it never needs a message in one piece, and never touches what follows it.
#pragma once

#include "engine/net/address.hpp"
#include "engine/proxy/octets.hpp"
#include "engine/proxy/progress.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace dispatch::proxy::proxy_protocol {

enum class Version : std::uint8_t { v1, v2 };

// Of the connection that is forwarded: both of one family.
struct Addresses {
  net::Endpoint source;       // the client
  net::Endpoint destination;  // where it connected to

  friend bool operator==(const Addresses&, const Addresses&) = default;
};

struct Header {
  Version version = Version::v1;
  // None: the connection is to be taken for the sender's own: it says so (LOCAL), does not know
  // (UNKNOWN, UNSPEC), or has no TCP connection from an internet address.
  std::optional<Addresses> addresses;
  // Bytes that come next and are no part of the stream: extensions (TLVs), and addresses that say
  // nothing here. They are to be skipped.
  std::size_t rest = 0;
};

// Invalid: everything that the specification has not, such as numbers with leading zeroes, more
// than 107 bytes of version 1, or another version, command or family of version 2.
struct DecodedHeader {
  Progress progress = Progress::incomplete;
  std::size_t size = 0;  // without `rest`
  Header message;
};

DecodedHeader decode(std::span<const std::byte> input);

// Addresses of two families are both told as IPv6; none is UNKNOWN or UNSPEC.
Bytes encode(Version version, const std::optional<Addresses>& addresses);

}  // namespace dispatch::proxy::proxy_protocol
