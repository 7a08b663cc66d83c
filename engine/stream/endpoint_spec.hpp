// Inputs and outputs as people write them:
//
//     udp://192.0.2.7:9000         [2001:db8::7]:9000              example.net:9000
//     udp://239.1.2.3:9000?iface=eth0&ttl=4        udp://[ff02::1%eth0]:9000
//     tcp://example.net:9000       tls://example.net:9000?ca=roots.pem
//     unix:/run/feed.sock          file:/var/log/feed.log          -
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/config_error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch::stream {

enum class Scheme : std::uint8_t { udp, tcp, tls, local, file, standard };

struct EndpointSpec {
  Scheme scheme = Scheme::udp;
  // Of udp, tcp and tls.
  std::string host{};   // a name, or an address without brackets and scope
  std::string scope{};  // of an IPv6 address: an interface's name or index
  std::uint16_t port = 0;
  // Of unix and file.
  std::string path{};

  // Options. Of udp:
  std::string interface {};                 // iface: for groups, where they are joined or sent
  std::optional<std::uint8_t> hop_limit{};  // ttl
  bool loop = true;                         // whether members on this host hear a group's datagrams
  std::size_t datagram_bytes = 0;  // size: in which a byte stream is cut; 0: as the MTU has it
  // Of udp, of tcp and of tls. source: of what listens to a group, the only sender that it wants
  // (RFC 4607); else the address that is sent from.
  std::optional<net::Address> source{};
  std::string device{};  // the only interface that it uses
  std::string link{};  // what is sent leaves by it: its name, or as link::parse_link_spec reads it
  // Of tls. Whom to believe, and for whom to ask; of what listens, who we are.
  std::string ca_file{};
  std::string server_name{};
  bool insecure = false;
  std::string certificate_file{};
  std::string key_file{};

  friend bool operator==(const EndpointSpec&, const EndpointSpec&) = default;
};

// What a text without a scheme is: HOST:PORT is of `bare`, and anything else a file's path where
// `files` says so. Throws net::ConfigError.
EndpointSpec parse_endpoint_spec(std::string_view text, Scheme bare, bool files);

// "udp://[ff02::1%eth0]:9000": without its options.
std::string to_string(const EndpointSpec& spec);
std::string_view to_string(Scheme scheme);  // "udp"

// The same as a part of a file's name, on any system: "192.0.2.7_9000", "ff02__1_eth0_9000".
std::string file_name_of(const EndpointSpec& spec);
std::string file_name_of(std::string text);

}  // namespace dispatch::stream
