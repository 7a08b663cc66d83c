// epoll(7).
#include "engine/os/reactor.hpp"
#include "engine/os/socket.hpp"
#include "engine/os/steady_time.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <limits>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <utility>

namespace dispatch::os {
namespace {

constexpr int kEventsMost = 256;
constexpr std::uint32_t kForReading =
    EPOLLIN | EPOLLRDHUP | EPOLLPRI | static_cast<std::uint32_t>(EPOLLET);
constexpr std::uint32_t kForBoth = kForReading | EPOLLOUT;
constexpr std::uint64_t kWaker = std::numeric_limits<std::uint64_t>::max();

std::uint64_t number_of(Reactor::Id id) {
  return std::uint64_t{id.place} << 32 | id.generation;
}

Reactor::Id id_of(std::uint64_t number) {
  return {static_cast<std::uint32_t>(number >> 32), static_cast<std::uint32_t>(number)};
}

// Nanoseconds since Linux 5.11; before, and where a sandbox does not know it, milliseconds: rounded
// up, since a timer that is early would be waited for once more.
int wait_at_most(int epoll, epoll_event* events, net::Duration most) {
  static std::atomic<bool> knows_nanoseconds = true;
  if (knows_nanoseconds) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(most);
    const timespec limit{seconds.count(), (most - seconds).count()};
    const int count = ::epoll_pwait2(epoll, events, kEventsMost, &limit, nullptr);
    if (count >= 0 || errno != ENOSYS) return count;
    knows_nanoseconds = false;
  }
  constexpr std::chrono::milliseconds kLongest = std::chrono::hours(1);
  const auto limit = std::min(std::chrono::ceil<std::chrono::milliseconds>(most), kLongest);
  return ::epoll_wait(epoll, events, kEventsMost, static_cast<int>(limit.count()));
}

FileDescriptor checked(int descriptor, const char* what) {
  if (descriptor < 0) throw boost::system::system_error(last_error(), what);
  return FileDescriptor(descriptor);
}

}  // namespace

Reactor::Reactor()
    : epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      waker_(checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")),
      events_(std::make_unique<epoll_event[]>(kEventsMost)) {
  epoll_event event{};
  event.events = EPOLLIN | static_cast<std::uint32_t>(EPOLLET);
  event.data.u64 = kWaker;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, waker_.get(), &event) != 0) {
    throw boost::system::system_error(last_error(), "epoll_ctl");
  }
}

Reactor::~Reactor() = default;

net::Result<Reactor::Id> Reactor::add(Socket& socket, int descriptor, bool for_writing) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(places_.size()));
    places_.emplace_back();
  }
  const auto place = free_.back();
  const Id id{place, places_[place].generation};
  epoll_event event{};
  event.events = for_writing ? kForBoth : kForReading;
  event.data.u64 = number_of(id);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0) return last_error();
  free_.pop_back();
  places_[place].socket = &socket;
  return id;
}

net::Status Reactor::add_writing(Id id, int descriptor) {
  epoll_event event{};
  event.events = kForBoth;
  event.data.u64 = number_of(id);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, descriptor, &event) != 0) return last_error();
  return {};
}

// The kernel forgets a descriptor when it is closed; but not while another one is a duplicate of
// it, and it goes on to tell of that one. A generation later nobody listens.
void Reactor::remove(Id id) {
  auto& place = places_[id.place];
  place.socket = nullptr;
  ++place.generation;
  free_.push_back(id.place);
}

Socket* Reactor::find(Id id) const {
  const auto& place = places_[id.place];
  return place.generation == id.generation ? place.socket : nullptr;
}

bool Reactor::collect(net::TimePoint until) {
  const int count = wait(repeated_.empty() ? until : net::TimePoint::min());
  collected_ = count > 0 ? static_cast<std::size_t>(count) : 0;
  return collected_ != 0 || !repeated_.empty();
}

int Reactor::wait(net::TimePoint until) {
  if (until == net::kNever) return ::epoll_wait(epoll_.get(), events_.get(), kEventsMost, -1);
  if (until == net::TimePoint::min()) {
    return ::epoll_wait(epoll_.get(), events_.get(), kEventsMost, 0);
  }
  const auto left = std::max(until - steady_now(), net::Duration::zero());
  return wait_at_most(epoll_.get(), events_.get(), left);
}

void Reactor::deliver() {
  const auto repeated = std::exchange(repeated_, {});
  for (const auto& [id, reading] : repeated) {
    if (auto* socket = find(id))
      socket->is_ready(reading ? Socket::For::reading : Socket::For::writing);
  }
  const auto collected = std::exchange(collected_, 0);
  for (std::size_t i = 0; i < collected; ++i) tell(events_[i]);
}

void Reactor::tell(const epoll_event& event) {
  if (event.data.u64 == kWaker) return;
  const auto happened = event.events;
  const auto id = id_of(event.data.u64);
  if ((happened & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI)) != 0) {
    if (auto* socket = find(id)) {
      if ((happened & (EPOLLRDHUP | EPOLLHUP)) != 0) socket->has_ended();
      if ((happened & EPOLLERR) != 0) socket->has_failed();
      if ((happened & EPOLLPRI) != 0) socket->has_urgent_data();
      socket->is_ready(Socket::For::reading);
    }
  }
  if ((happened & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
    if (auto* socket = find(id)) socket->is_ready(Socket::For::writing);
  }
}

void Reactor::wake() {
  // Nobody reads it: each write is an edge of its own, and the sum never overflows.
  static_cast<void>(::eventfd_write(waker_.get(), 1));
}

void Reactor::drop_waits() {
  // Tasks that go take other sockets with them.
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (places_[i].socket != nullptr) places_[i].socket->drop_waits();
  }
}

}  // namespace dispatch::os
