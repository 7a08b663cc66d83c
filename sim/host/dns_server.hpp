// A name server, as a program of a host.
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/async.hpp"
#include "engine/net/runtime.hpp"
#include "engine/net/time.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::sim {

// Answers A and AAAA questions over UDP (RFC 1035, RFC 3596). Everything can be changed while it
// runs. Names are compared without case.
class DnsServer {
 public:
  enum class Mode : std::uint8_t {
    normal,
    server_failure,  // SERVFAIL to everything
    refused,
    silent,  // receives and says nothing
  };

  // `runtime` is the host that it runs on.
  explicit DnsServer(net::Runtime& runtime) : runtime_(runtime) {}

  // A name with addresses; families that are not there are "no data". Replaces what was there.
  void add(std::string_view name, std::vector<net::Address> addresses,
           net::Duration ttl = std::chrono::seconds(300));
  void add_alias(std::string_view name, std::string_view target,
                 net::Duration ttl = std::chrono::seconds(300));
  // Names that are not there are NXDOMAIN; this makes one so again.
  void remove(std::string_view name);
  // SERVFAIL for this name.
  void add_failure(std::string_view name);

  void set_mode(Mode mode) { mode_ = mode; }
  // Time to think before each answer.
  void set_delay(net::Duration delay) { delay_ = delay; }

  std::uint64_t questions() const { return questions_; }

  // Serves at `local` until it is cancelled. Run it with Host::spawn. The server outlives this.
  net::Task<void> serve(net::Endpoint local);

 private:
  struct Record {
    std::vector<net::Address> addresses;
    std::string alias;
    net::Duration ttl{};
    bool fails = false;
  };

  // Empty: no answer.
  std::vector<std::byte> answer(std::span<const std::byte> question);

  net::Runtime& runtime_;
  std::map<std::string, Record, std::less<>> records_;
  Mode mode_ = Mode::normal;
  net::Duration delay_{};
  std::uint64_t questions_ = 0;
};

}  // namespace dispatch::sim
