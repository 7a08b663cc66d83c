// Which clients are let in, and how many of them.
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/condition.hpp"

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

namespace dispatch::proxy {

struct AdmissionOptions {
  std::vector<net::Prefix> allowed;     // of clients' addresses; empty: everyone
  std::size_t connections_max = 0;      // in all; 0: no limit
  std::size_t connections_per_max = 0;  // from one address; 0: no limit
};

class Admission {
 public:
  Admission(net::asio::any_io_executor executor, AdmissionOptions options)
      : options_(std::move(options)), left_(std::move(executor)) {}

  // A connection's place, given back when it ends.
  class Place {
   public:
    Place(Place&& other) noexcept
        : admission_(std::exchange(other.admission_, nullptr)), client_(other.client_) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (admission_ != nullptr) admission_->leave(client_);
    }

   private:
    friend class Admission;
    Place(Admission& admission, net::Address client) : admission_(&admission), client_(client) {}

    Admission* admission_;
    net::Address client_;
  };

  // Waits until there is room for one more connection in all. Errors: operation_aborted.
  net::Task<net::Status> room();

  // Errors: permission_denied (the address is not allowed), too_many_files_open_in_system stands
  // for too many connections of this client.
  net::Result<Place> enter(const net::Address& client);

  std::size_t live() const { return live_; }

 private:
  void leave(const net::Address& client);

  AdmissionOptions options_;
  std::size_t live_ = 0;
  std::map<net::Address, std::size_t> per_client_;  // kept only where there is a limit
  net::Condition left_;
};

}  // namespace dispatch::proxy
