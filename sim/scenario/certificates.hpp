// The certificates of a world: every server with TLS gets one of its own, signed by itself, and who
// lives in the world believes them all.
#pragma once

#include "engine/tls/context.hpp"

#include <memory>
#include <span>
#include <string>

namespace dispatch::scenario {

// Keys are made anew for each world by OpenSSL's own randomness. Nothing of it reaches the events:
// these servers give no tickets, and without them the size of each message is always the same.
class Certificates {
 public:
  // A server of these names and addresses.
  std::shared_ptr<const tls::Context> server(std::span<const std::string> names);

  // A client that believes every server() so far. Null: there is none.
  std::shared_ptr<const tls::Context> client() const;

 private:
  std::string all_;  // PEM
};

}  // namespace dispatch::scenario
