// The suite's world on the kernel: two network namespaces where we may make them, else loopback.
#include "engine/net/task_group.hpp"
#include "engine/os/event_loop.hpp"
#include "engine/os/runtime.hpp"
#include "tests/conformance/name_server.hpp"
#include "tests/conformance/namespace_lab.hpp"
#include "tests/conformance/world.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>

namespace dispatch::conformance {
namespace {

constexpr auto kLimit = std::chrono::seconds(30);

// One for all cases: they leave it as they found it.
NamespaceLab* lab() {
  static const auto made = [] {
    std::string why;
    auto lab = NamespaceLab::create(why);
    if (!lab) BOOST_TEST_MESSAGE("only what loopback can show is tested: " << why);
    return lab;
  }();
  return made.get();
}

net::Address address(const std::string& text) {
  return *net::parse_address(text);
}

class OsWorld final : public World {
 public:
  OsWorld()
      : lab_(lab()),
        server_(events_, {.resolver = {}, .network_namespace = lab_ ? lab_->server() : nullptr}),
        name_server_(server_, server_address(net::Family::v4)),
        client_(events_, {.resolver = {.servers = {name_server_.endpoint()},
                                       .timeout = std::chrono::milliseconds(100),
                                       .tries = 2},
                          .network_namespace = lab_ ? lab_->client() : nullptr}),
        programs_(events_.executor(), [](std::exception_ptr bug) { std::rethrow_exception(bug); }) {
    for (int link = 0; link < 2; ++link) {
      if (lab_ != nullptr) {
        links_.push_back({fmt::format("wan{}", link), address(fmt::format("10.77.{}.2", link)),
                          address(fmt::format("fd77:{}::2", link))});
      } else {
        links_.push_back({"lo", address(fmt::format("127.0.0.{}", link + 1)), address("::1")});
      }
    }
  }

  ~OsWorld() override {
    if (touched_) lab_->restore();
  }

  net::Runtime& client() override { return client_; }
  net::Runtime& server() override { return server_; }

  void run(net::Task<void> body) override {
    programs_.spawn(name_server_.serve());
    net::asio::cancellation_signal cancel;
    bool done = false;
    std::exception_ptr failure;
    auto ended = [&](std::exception_ptr exception) {
      failure = exception;
      done = true;
      events_.stop();
    };
    net::asio::co_spawn(events_.executor(), std::move(body),
                        net::asio::bind_cancellation_slot(cancel.slot(), ended));
    events_.run_for(kLimit);
    if (!done) {
      BOOST_ERROR("the case did not end in 30 s");
      cancel.emit(net::asio::cancellation_type::terminal);
      settle();
      // What is still running would use what is about to be destroyed.
      if (!done) std::abort();
    }
    programs_.cancel();
    settle();
    if (failure) std::rethrow_exception(failure);
  }

  bool has_links() const override { return lab_ != nullptr; }
  bool may_lose_icmp() const override { return true; }
  const std::vector<Link>& links() const override { return links_; }

  net::Address server_address(net::Family family) const override {
    if (lab_ == nullptr) return net::loopback_address(family);
    return address(family == net::Family::v6 ? "fd77:9::1" : "10.77.9.1");
  }
  std::string server_device() const override { return lab_ == nullptr ? "lo" : "wan0"; }
  net::Address dark_address(net::Family family) const override {
    return address(family == net::Family::v6 ? "2001:db8:dead::1" : "198.51.100.1");
  }
  net::Address unrouted_address(net::Family family) const override {
    return address(family == net::Family::v6 ? "2001:db8:beef::1" : "203.0.113.1");
  }

  void set_up(const Link& link, bool up) override {
    touched_ = true;
    if (up) return lab_->restore();
    lab_->in_client("ip link set " + link.device + " down");
  }

  // Frames for an unknown hardware address are dropped by the other end: no word of it comes back.
  void set_dark(const Link& link, bool dark) override {
    if (dark) return cause(link, Fault::dark);
    lab_->restore();
  }

  void cause(const Link& link, Fault fault) override {
    touched_ = true;
    lab_->cause(link.device.back() - '0', fault);
  }

  void add_address(const Link& link, const net::Prefix& added) override {
    lab_->in_client(fmt::format("ip address add {} dev {}", to_string(added), link.device));
  }
  void remove_address(const Link& link, const net::Prefix& removed) override {
    lab_->in_client(fmt::format("ip address del {} dev {}", to_string(removed), link.device));
  }

  void set_name_server_silent(bool silent) override { name_server_.set_silent(silent); }
  std::vector<net::Endpoint> askers() const override { return name_server_.askers(); }

  std::size_t large_transfer_bytes() const override { return 24 * 1024 * 1024; }
  std::size_t more_than_buffers_bytes() const override { return 128 * 1024 * 1024; }

 private:
  // Runs what has been cancelled to its end.
  void settle() {
    for (int round = 0; round < 100; ++round) {
      events_.restart();
      events_.run_for({});
    }
  }

  os::EventLoop events_;
  NamespaceLab* lab_;
  os::Runtime server_;
  NameServer name_server_;
  os::Runtime client_;
  net::TaskGroup programs_;
  std::vector<Link> links_;
  bool touched_ = false;
};

}  // namespace

std::unique_ptr<World> make_world() {
  return std::make_unique<OsWorld>();
}

}  // namespace dispatch::conformance
