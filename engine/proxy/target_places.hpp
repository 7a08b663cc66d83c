// How many connections to one target there may be at a time.
#pragma once

#include "engine/net/async.hpp"
#include "engine/proxy/target.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace dispatch::proxy {

// Shared by the event loops of a server, and thread-safe. A target is a host, or an address, and a
// port, as clients name it: www.example:443 and 192.0.2.7:443 are two.
class TargetPlaces : public std::enable_shared_from_this<TargetPlaces> {
 public:
  explicit TargetPlaces(std::size_t most) : most_(most) {}

  // For as long as it exists; one that is empty is none.
  class Place {
   public:
    Place() = default;
    Place(Place&&) noexcept = default;
    Place& operator=(Place&& other) noexcept {
      std::swap(places_, other.places_);
      std::swap(target_, other.target_);
      return *this;
    }
    ~Place() {
      if (places_) places_->leave(target_);
    }

   private:
    friend class TargetPlaces;
    std::shared_ptr<TargetPlaces> places_;
    std::string target_;
  };

  // Errors: RouteError::target_full.
  net::Result<Place> take(const Target& target);

  // 0: no limit. Connections that are there stay.
  void set_most(std::size_t most);

 private:
  void leave(const std::string& target);

  std::mutex mutex_;  // guards what follows
  std::size_t most_;
  std::map<std::string, std::size_t> taken_;  // kept only where there is a limit
};

}  // namespace dispatch::proxy
