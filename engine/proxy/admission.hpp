// Which clients are let in, and how many of them.
#pragma once

#include "engine/net/address.hpp"
#include "engine/net/condition.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace dispatch::proxy {

struct AdmissionOptions {
  std::vector<net::Prefix> allowed;     // of clients' addresses; empty: everyone
  std::size_t connections_max = 0;      // in all; 0: no limit
  std::size_t connections_per_max = 0;  // from one address; 0: no limit
};

// Shared by the event loops of a server, and thread-safe: it is asked when a connection begins and
// when it ends, and never in between.
class Admission {
 public:
  explicit Admission(AdmissionOptions options) : options_(std::move(options)) {}

  // A connection's place, given back when it ends. It counts for its client once it is known whose
  // it is.
  class Place {
   public:
    Place(Place&& other) noexcept
        : admission_(std::exchange(other.admission_, nullptr)),
          client_(std::exchange(other.client_, std::nullopt)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (admission_ != nullptr) admission_->leave(client_);
    }

    // Once, where enter() did not say it. Errors: as of enter().
    net::Status belongs_to(const net::Address& client);

   private:
    friend class Admission;
    explicit Place(Admission& admission) : admission_(&admission) {}

    Admission* admission_;
    std::optional<net::Address> client_;
  };

  // Waits for room: one for each event loop.
  class Queue {
   public:
    Queue(Admission& admission, net::asio::any_io_executor executor)
        : admission_(admission), executor_(executor), left_(std::move(executor)) {}
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;
    ~Queue();

    // Until there is room for one more connection in all, which another one may take first.
    // Errors: operation_aborted.
    net::Task<net::Status> room();

   private:
    friend class Admission;

    Admission& admission_;
    net::asio::any_io_executor executor_;
    net::Condition left_;
    // Says to what is posted from other threads whether this is still there.
    std::shared_ptr<bool> here_ = std::make_shared<bool>(true);
  };

  // Looks whether there is room, and takes it, in one step. Errors: permission_denied (the address
  // is not allowed), too_many_files_open_in_system stands for too many connections of this client;
  // resource_unavailable_try_again (there are as many as there may be in all: see Queue).
  net::Result<Place> enter(const net::Address& client);
  // A connection of a client that has no address, or whose address is not known yet.
  net::Result<Place> enter_unknown();

  std::size_t live() const;

 private:
  net::Status let_in(const net::Address& client);
  void leave(const std::optional<net::Address>& client);
  // Whether there is room; if not, the queue is told once when there may be.
  bool has_room_or_calls(Queue& queue);

  AdmissionOptions options_;
  mutable std::mutex mutex_;  // guards what follows
  std::size_t live_ = 0;
  std::map<net::Address, std::size_t> per_client_;  // kept only where there is a limit
  std::vector<Queue*> waiting_;
};

}  // namespace dispatch::proxy
