#include "engine/proxy/admission.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>

namespace dispatch::proxy {

namespace errc = boost::system::errc;

net::Task<net::Status> Admission::room() {
  while (options_.connections_max != 0 && live_ >= options_.connections_max) {
    if (const auto error = co_await left_.wait()) co_return error;
  }
  co_return net::Status{};
}

net::Result<Admission::Place> Admission::enter(const net::Address& client) {
  const auto contains = [&](const net::Prefix& prefix) { return prefix.contains(client); };
  if (!options_.allowed.empty() &&
      std::none_of(options_.allowed.begin(), options_.allowed.end(), contains)) {
    return errc::make_error_code(errc::permission_denied);
  }
  if (options_.connections_per_max != 0) {
    auto& count = per_client_[client];
    if (count >= options_.connections_per_max) {
      return errc::make_error_code(errc::too_many_files_open_in_system);
    }
    ++count;
  }
  ++live_;
  return Place(*this, client);
}

void Admission::leave(const net::Address& client) {
  --live_;
  if (const auto found = per_client_.find(client);
      found != per_client_.end() && --found->second == 0) {
    per_client_.erase(found);
  }
  left_.notify_one();
}

}  // namespace dispatch::proxy
