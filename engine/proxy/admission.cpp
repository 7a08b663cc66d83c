#include "engine/proxy/admission.hpp"

#include <boost/asio/post.hpp>
#include <boost/system/errc.hpp>

#include <algorithm>

namespace dispatch::proxy {

namespace errc = boost::system::errc;

Admission::Queue::~Queue() {
  const std::scoped_lock lock(admission_.mutex_);
  std::erase(admission_.waiting_, this);
}

net::Task<net::Status> Admission::Queue::room() {
  while (!admission_.has_room_or_calls(*this)) {
    if (const auto error = co_await left_.wait()) co_return error;
  }
  co_return net::Status{};
}

bool Admission::has_room_or_calls(Queue& queue) {
  const std::scoped_lock lock(mutex_);
  if (options_.connections_max == 0 || live_ < options_.connections_max) return true;
  if (std::find(waiting_.begin(), waiting_.end(), &queue) == waiting_.end()) {
    waiting_.push_back(&queue);
  }
  return false;
}

std::size_t Admission::live() const {
  const std::scoped_lock lock(mutex_);
  return live_;
}

net::Status Admission::let_in(const net::Address& client) {
  const auto contains = [&](const net::Prefix& prefix) { return prefix.contains(client); };
  if (!options_.allowed.empty() &&
      std::none_of(options_.allowed.begin(), options_.allowed.end(), contains)) {
    return errc::make_error_code(errc::permission_denied);
  }
  if (options_.connections_per_max == 0) return {};
  const std::scoped_lock lock(mutex_);
  auto& count = per_client_[client];
  if (count >= options_.connections_per_max) {
    return errc::make_error_code(errc::too_many_files_open_in_system);
  }
  ++count;
  return {};
}

net::Result<Admission::Place> Admission::enter(const net::Address& client) {
  auto place = enter_unknown();
  if (!place) return place;
  if (const auto error = place->belongs_to(client)) return error;
  return place;
}

net::Result<Admission::Place> Admission::enter_unknown() {
  const std::scoped_lock lock(mutex_);
  if (options_.connections_max != 0 && live_ >= options_.connections_max) {
    return errc::make_error_code(errc::resource_unavailable_try_again);
  }
  ++live_;
  return Place(*this);
}

net::Status Admission::Place::belongs_to(const net::Address& client) {
  if (const auto error = admission_->let_in(client)) return error;
  client_ = client;
  return {};
}

void Admission::leave(const std::optional<net::Address>& client) {
  const std::scoped_lock lock(mutex_);
  --live_;
  if (client) {
    if (const auto found = per_client_.find(*client);
        found != per_client_.end() && --found->second == 0) {
      per_client_.erase(found);
    }
  }
  // Under the lock: the queue is there for as long as it is on the list.
  for (auto* queue : std::exchange(waiting_, {})) {
    net::asio::post(queue->executor_, [here = std::weak_ptr(queue->here_), queue] {
      if (!here.expired()) queue->left_.notify_all();
    });
  }
}

}  // namespace dispatch::proxy
