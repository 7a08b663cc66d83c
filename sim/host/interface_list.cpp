#include "sim/host/interface_list.hpp"

#include <algorithm>
#include <memory>

namespace dispatch::sim {

class InterfaceList::Watch : public net::InterfaceWatch {
 public:
  explicit Watch(InterfaceList& list)
      : changes(list.kernel_.simulation.executor()),
        list_(list),
        seen_(list.ip_.interface_generation()),
        position_(list.watches_.insert(list.watches_.end(), this)) {}
  ~Watch() override { list_.watches_.erase(position_); }

  net::Task<net::Status> changed() override {
    while (seen_ == list_.ip_.interface_generation()) {
      if (const auto error = co_await changes.wait()) co_return error;
    }
    seen_ = list_.ip_.interface_generation();
    co_return net::Status{};
  }

  net::Condition changes;

 private:
  InterfaceList& list_;
  std::uint64_t seen_;
  std::list<Watch*>::iterator position_;
};

net::Result<std::vector<net::Interface>> InterfaceList::list() {
  std::vector<net::Interface> present;
  for (const auto& each : ip_.interfaces()) {
    if (each->plugged()) present.push_back(each->describe());
  }
  std::sort(present.begin(), present.end(),
            [](const auto& a, const auto& b) { return a.index < b.index; });
  return present;
}

net::Result<std::unique_ptr<net::InterfaceWatch>> InterfaceList::watch() {
  std::unique_ptr<net::InterfaceWatch> watch = std::make_unique<Watch>(*this);
  return watch;
}

net::Result<net::RoutePath> InterfaceList::route_to(const net::Address& to,
                                                    const net::Egress& egress) {
  const auto path = ip_.find_path(to, egress);
  if (!path) return path.error();
  return net::RoutePath{path->interface->name()};
}

net::Result<net::Routing> InterfaceList::routing() {
  net::Routing routing;
  for (const auto& each : ip_.interfaces()) {
    if (!each->usable()) continue;
    for (const auto& to : ip_.routes_by(*each)) routing.routes.push_back({to, each->name()});
  }
  return routing;
}

void InterfaceList::notify_all() {
  if (kernel_.frozen) return;
  for (auto* watch : watches_) watch->changes.notify_all();
}

void InterfaceList::kill() {
  for (auto* watch : watches_) watch->changes.drop_waiters();
}

}  // namespace dispatch::sim
