#include "bindings/module/sockets.hpp"

#include "bindings/module/program.hpp"
#include "bindings/module/text.hpp"
#include "engine/net/network.hpp"
#include "engine/net/resolver.hpp"
#include "sim/host/host.hpp"
#include "sim/scenario/plan.hpp"

#include <fmt/format.h>
#include <pybind11/stl.h>

#include <utility>
#include <vector>

namespace py = pybind11;

namespace dispatch::bindings {
namespace {

constexpr std::size_t kReadMost = 16U * 1024 * 1024;
constexpr std::size_t kDatagramMost = 65'535;

using SharedSimulation = std::shared_ptr<Simulation>;

// A socket as Python has it: the number of a resource, which is let go of with this.
template <typename Kind>
class Handle {
 public:
  Handle(const SharedSimulation& simulation, std::uint64_t id) : simulation_(simulation), id_(id) {}
  ~Handle() {
    if (const auto simulation = simulation_.lock()) simulation->let_go(id_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  // Throws UseError where its simulation is gone, or busy on another thread.
  std::shared_ptr<Kind> get() const {
    const auto simulation = simulation_.lock();
    if (!simulation) throw UseError("the simulation is closed");
    simulation->check_use();
    return std::static_pointer_cast<Kind>(simulation->resource(id_));
  }
  const std::weak_ptr<Simulation>& simulation() const { return simulation_; }
  std::uint64_t id() const { return id_; }

 private:
  std::weak_ptr<Simulation> simulation_;
  std::uint64_t id_;
};

// For as long as it lives, one more operation would be one too many.
class Turn {
 public:
  Turn(bool& taken, const char* what) : taken_(taken) {
    if (taken_) throw UseError(fmt::format("another {} is under way", what));
    taken_ = true;
  }
  ~Turn() { taken_ = false; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  bool& taken_;
};

Outcome failed(const net::Error& error, std::string what) {
  return {error, std::move(what), {}};
}

net::TimePoint deadline(sim::Host& host, std::optional<std::int64_t> timeout) {
  const auto now = host.clock().now();
  if (!timeout || net::Duration(*timeout) >= net::kNever - now) return net::kNever;
  return now + net::Duration(*timeout);
}

struct StreamSocket : Resource {
  StreamSocket(net::StreamPtr made, sim::Host& on) : stream(std::move(made)), host(on) {}
  net::StreamPtr stream;
  sim::Host& host;
  bool reading = false;
  bool writing = false;
};
using StreamHandle = Handle<StreamSocket>;

struct ListenerSocket : Resource {
  ListenerSocket(net::ListenerPtr made, sim::Host& on) : listener(std::move(made)), host(on) {}
  net::ListenerPtr listener;
  sim::Host& host;
  bool accepting = false;
};
using ListenerHandle = Handle<ListenerSocket>;

struct DatagramSocket : Resource {
  DatagramSocket(net::DatagramPtr made, sim::Host& on) : socket(std::move(made)), host(on) {}
  net::DatagramPtr socket;
  sim::Host& host;
  bool receiving = false;
  bool sending = false;
};
using DatagramHandle = Handle<DatagramSocket>;

// With the interpreter's lock: operations end within a program's step.
std::function<py::object()> new_stream(std::weak_ptr<Simulation> simulation, net::StreamPtr stream,
                                       sim::Host& host) {
  auto socket = std::make_shared<StreamSocket>(std::move(stream), host);
  return [simulation = std::move(simulation), socket = std::move(socket)] {
    const auto owner = simulation.lock();
    if (!owner) throw UseError("the simulation is closed");
    return py::cast(std::make_shared<StreamHandle>(owner, owner->keep(socket)));
  };
}

class Sleep : public Operation {
 public:
  Sleep(const SharedSimulation& simulation, sim::Host& host, std::int64_t delay)
      : Operation(simulation), host_(host), delay_(delay) {}
  net::Task<Outcome> perform() override {
    const auto error = co_await host_.clock().sleep_until(deadline(host_, delay_));
    co_return failed(error, "sleep");
  }

 private:
  sim::Host& host_;
  std::int64_t delay_;  // ns
};

class Resolve : public Operation {
 public:
  Resolve(const SharedSimulation& simulation, sim::Host& host, std::string name)
      : Operation(simulation), host_(host), name_(std::move(name)) {}
  net::Task<Outcome> perform() override {
    net::ResolveQuery query;
    query.name = name_;
    auto answer = co_await host_.resolver().resolve(std::move(query));
    if (!answer) co_return failed(answer.error(), name_);
    std::vector<std::string> addresses;
    for (const auto& each : *answer) addresses.push_back(net::to_string(each.address));
    Outcome outcome;
    outcome.value = [addresses] { return py::cast(addresses); };
    co_return outcome;
  }

 private:
  sim::Host& host_;
  std::string name_;
};

class Connect : public Operation {
 public:
  Connect(const SharedSimulation& simulation, sim::Host& host, net::Endpoint remote,
          net::Egress egress, std::optional<std::int64_t> timeout)
      : Operation(simulation),
        host_(host),
        remote_(std::move(remote)),
        egress_(std::move(egress)),
        timeout_(timeout) {}
  net::Task<Outcome> perform() override {
    const auto until = deadline(host_, timeout_);
    auto made = co_await host_.network().connect(remote_, egress_, until);
    if (!made) co_return failed(made.error(), net::to_string(remote_));
    Outcome outcome;
    outcome.value = new_stream(simulation(), std::move(*made), host_);
    co_return outcome;
  }

 private:
  sim::Host& host_;
  net::Endpoint remote_;
  net::Egress egress_;
  std::optional<std::int64_t> timeout_;
};

template <typename Kind>
std::shared_ptr<Kind> open_one(const Handle<Kind>& handle, const char* what) {
  auto socket = handle.get();
  if (socket == nullptr) throw UseError(fmt::format("the {} is closed", what));
  return socket;
}

template <typename Kind>
class SocketOperation : public Operation {
 public:
  SocketOperation(const Handle<Kind>& handle, const char* what)
      : Operation(handle.simulation()), socket_(open_one(handle, what)) {}

 protected:
  // Null: it has been closed since.
  std::shared_ptr<Kind> lock() const { return socket_.lock(); }

 private:
  std::weak_ptr<Kind> socket_;
};

class Read : public SocketOperation<StreamSocket> {
 public:
  Read(const StreamHandle& stream, std::size_t most, std::optional<std::int64_t> timeout)
      : SocketOperation(stream, "stream"), buffer_(most, '\0'), timeout_(timeout) {}
  net::Task<Outcome> perform() override {
    const auto socket = lock();
    if (socket == nullptr) co_return failed(net::errno_error(ECANCELED), "read");
    if (socket->reading) co_return failed(net::errno_error(EBUSY), "read");
    const Turn turn(socket->reading, "read");
    const auto until = deadline(socket->host, timeout_);
    const auto bytes = std::as_writable_bytes(std::span(buffer_));
    auto count = co_await socket->stream->read_some(bytes, until);
    if (!count) co_return failed(count.error(), "read");
    buffer_.resize(*count);
    Outcome outcome;
    outcome.value = [buffer = std::move(buffer_)] { return py::bytes(buffer); };
    co_return outcome;
  }

 private:
  std::string buffer_;
  std::optional<std::int64_t> timeout_;
};

class Write : public SocketOperation<StreamSocket> {
 public:
  Write(const StreamHandle& stream, std::string data, std::optional<std::int64_t> timeout)
      : SocketOperation(stream, "stream"), data_(std::move(data)), timeout_(timeout) {}
  net::Task<Outcome> perform() override {
    const auto socket = lock();
    if (socket == nullptr) co_return failed(net::errno_error(ECANCELED), "write");
    if (socket->writing) co_return failed(net::errno_error(EBUSY), "write");
    const Turn turn(socket->writing, "write");
    const auto until = deadline(socket->host, timeout_);
    const auto bytes = std::as_bytes(std::span(data_));
    const auto error = co_await net::write_all(*socket->stream, bytes, until);
    co_return failed(error, "write");
  }

 private:
  std::string data_;
  std::optional<std::int64_t> timeout_;
};

class Accept : public SocketOperation<ListenerSocket> {
 public:
  explicit Accept(const ListenerHandle& listener) : SocketOperation(listener, "listener") {}
  net::Task<Outcome> perform() override {
    const auto socket = lock();
    if (socket == nullptr) co_return failed(net::errno_error(ECANCELED), "accept");
    if (socket->accepting) co_return failed(net::errno_error(EBUSY), "accept");
    const Turn turn(socket->accepting, "accept");
    auto accepted = co_await socket->listener->accept();
    if (!accepted) co_return failed(accepted.error(), "accept");
    Outcome outcome;
    outcome.value = new_stream(simulation(), std::move(*accepted), socket->host);
    co_return outcome;
  }
};

class Receive : public SocketOperation<DatagramSocket> {
 public:
  explicit Receive(const DatagramHandle& socket)
      : SocketOperation(socket, "socket"), buffer_(kDatagramMost, '\0') {}
  net::Task<Outcome> perform() override {
    const auto socket = lock();
    if (socket == nullptr) co_return failed(net::errno_error(ECANCELED), "receive");
    if (socket->receiving) co_return failed(net::errno_error(EBUSY), "receive");
    const Turn turn(socket->receiving, "receive");
    net::DatagramIn datagram;
    datagram.buffer = std::as_writable_bytes(std::span(buffer_));
    auto count = co_await socket->socket->receive(std::span(&datagram, 1));
    if (!count) co_return failed(count.error(), "receive");
    buffer_.resize(datagram.size);
    const auto from = datagram.from;
    Outcome outcome;
    outcome.value = [buffer = std::move(buffer_), from] {
      return py::make_tuple(py::bytes(buffer), net::to_string(from.address), from.port);
    };
    co_return outcome;
  }

 private:
  std::string buffer_;
};

class Send : public SocketOperation<DatagramSocket> {
 public:
  Send(const DatagramHandle& socket, std::string data, net::Endpoint to)
      : SocketOperation(socket, "socket"), data_(std::move(data)), to_(std::move(to)) {}
  net::Task<Outcome> perform() override {
    const auto socket = lock();
    if (socket == nullptr) co_return failed(net::errno_error(ECANCELED), "send");
    if (socket->sending) co_return failed(net::errno_error(EBUSY), "send");
    const Turn turn(socket->sending, "send");
    net::DatagramOut datagram;
    datagram.data = std::as_bytes(std::span(data_));
    datagram.to = to_;
    const auto count = co_await socket->socket->send(std::span(&datagram, 1));
    if (!count) co_return failed(count.error(), net::to_string(to_));
    co_return Outcome();
  }

 private:
  std::string data_;
  net::Endpoint to_;
};

using SharedOperation = std::shared_ptr<Operation>;

net::Address address_of(const std::string& text) {
  if (const auto address = net::parse_address(text)) return *address;
  throw py::value_error(fmt::format("'{}' is not an address", text));
}

// A scenario's hosts by their names; empty: there is none of that name.
std::vector<std::string> addresses_of(Simulation& simulation, const std::string& name) {
  std::vector<std::string> addresses;
  const auto& scenario = simulation.session().scenario();
  for (std::size_t i = 0; i < scenario.hosts.size(); ++i) {
    if (scenario.hosts[i].name != name) continue;
    for (const auto& each : scenario::addresses_of_host(scenario, i)) {
      addresses.push_back(net::to_string(each));
    }
  }
  return addresses;
}

void bind_streams(py::module_& module) {
  py::class_<StreamHandle, std::shared_ptr<StreamHandle>>(module, "Stream")
      .def(
          "read",
          [](const StreamHandle& self, std::int64_t most, std::optional<std::int64_t> timeout) {
            if (most < 1 || most > static_cast<std::int64_t>(kReadMost)) {
              throw py::value_error(
                  fmt::format("a read is of 1 to {} bytes, not {}", kReadMost, most));
            }
            return SharedOperation(
                std::make_shared<Read>(self, static_cast<std::size_t>(most), timeout));
          },
          py::arg("most"), py::arg("timeout"))
      .def(
          "write",
          [](const StreamHandle& self, const py::bytes& data, std::optional<std::int64_t> timeout) {
            return SharedOperation(std::make_shared<Write>(self, std::string(data), timeout));
          },
          py::arg("data"), py::arg("timeout"))
      .def("shutdown",
           [](const StreamHandle& self) {
             const auto socket = open_one(self, "stream");
             if (const auto error = socket->stream->shutdown_write()) {
               raise_os_error(error, "shutdown");
             }
           })
      .def("abort", [](const StreamHandle& self) { open_one(self, "stream")->stream->abort(); })
      .def("close",
           [](const StreamHandle& self) {
             const auto socket = open_one(self, "stream");
             if (socket->reading || socket->writing) socket->stream->abort();
             self.simulation().lock()->let_go(self.id());
           })
      .def("local",
           [](const StreamHandle& self) {
             return net::to_string(open_one(self, "stream")->stream->local_endpoint());
           })
      .def("remote", [](const StreamHandle& self) {
        return net::to_string(open_one(self, "stream")->stream->remote_endpoint());
      });
  py::class_<ListenerHandle, std::shared_ptr<ListenerHandle>>(module, "Listener")
      .def("accept",
           [](const ListenerHandle& self) {
             return SharedOperation(std::make_shared<Accept>(self));
           })
      .def("close",
           [](const ListenerHandle& self) { open_one(self, "listener")->listener->close(); })
      .def("local", [](const ListenerHandle& self) {
        return net::to_string(open_one(self, "listener")->listener->local_endpoint());
      });
  py::class_<DatagramHandle, std::shared_ptr<DatagramHandle>>(module, "Datagram")
      .def("receive",
           [](const DatagramHandle& self) {
             return SharedOperation(std::make_shared<Receive>(self));
           })
      .def(
          "send",
          [](const DatagramHandle& self, const py::bytes& data, const std::string& address,
             std::uint16_t port) {
            std::string bytes(data);
            if (bytes.size() > kDatagramMost) {
              throw py::value_error(fmt::format("{} bytes are no datagram", bytes.size()));
            }
            return SharedOperation(std::make_shared<Send>(
                self, std::move(bytes), net::Endpoint{address_of(address), port}));
          },
          py::arg("data"), py::arg("address"), py::arg("port"))
      .def("close", [](const DatagramHandle& self) { open_one(self, "socket")->socket->close(); })
      .def("local", [](const DatagramHandle& self) {
        return net::to_string(open_one(self, "socket")->socket->local_endpoint());
      });
}

}  // namespace

void bind_sockets(py::module_& module) {
  bind_streams(module);
  module.def("addresses_of", &addresses_of, py::arg("simulation"), py::arg("name"));
  module.def(
      "check_host", [](Simulation& simulation, const std::string& host) { simulation.host(host); },
      py::arg("simulation"), py::arg("host"));
  module.def(
      "sleep",
      [](const SharedSimulation& simulation, const std::string& host, std::int64_t delay) {
        return SharedOperation(std::make_shared<Sleep>(simulation, simulation->host(host), delay));
      },
      py::arg("simulation"), py::arg("host"), py::arg("delay"));
  module.def(
      "resolve",
      [](const SharedSimulation& simulation, const std::string& host, const std::string& name) {
        return SharedOperation(std::make_shared<Resolve>(simulation, simulation->host(host), name));
      },
      py::arg("simulation"), py::arg("host"), py::arg("name"));
  module.def(
      "connect",
      [](const SharedSimulation& simulation, const std::string& host, const std::string& address,
         std::uint16_t port, const std::string& device, std::optional<std::int64_t> timeout) {
        net::Egress egress;
        egress.device = device;
        return SharedOperation(std::make_shared<Connect>(simulation, simulation->host(host),
                                                         net::Endpoint{address_of(address), port},
                                                         egress, timeout));
      },
      py::arg("simulation"), py::arg("host"), py::arg("address"), py::arg("port"),
      py::arg("device"), py::arg("timeout"));
  module.def(
      "listen",
      [](const SharedSimulation& simulation, const std::string& host, const std::string& address,
         std::uint16_t port) {
        auto& on = simulation->host(host);
        const net::Endpoint local{address_of(address), port};
        auto made = on.network().listen(local, {});
        if (!made) raise_os_error(made.error(), net::to_string(local));
        const auto id = simulation->keep(std::make_shared<ListenerSocket>(std::move(*made), on));
        return std::make_shared<ListenerHandle>(simulation, id);
      },
      py::arg("simulation"), py::arg("host"), py::arg("address"), py::arg("port"));
  module.def(
      "open_datagram",
      [](const SharedSimulation& simulation, const std::string& host, const std::string& address,
         std::uint16_t port, const std::string& device) {
        auto& on = simulation->host(host);
        net::DatagramOptions options;
        options.local = {address_of(address), port};
        options.egress.device = device;
        auto made = on.network().open_datagram(options);
        if (!made) raise_os_error(made.error(), net::to_string(options.local));
        const auto id = simulation->keep(std::make_shared<DatagramSocket>(std::move(*made), on));
        return std::make_shared<DatagramHandle>(simulation, id);
      },
      py::arg("simulation"), py::arg("host"), py::arg("address"), py::arg("port"),
      py::arg("device"));
}

}  // namespace dispatch::bindings
