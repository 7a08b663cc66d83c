#include "tests/ns3/ns3_world.hpp"

#include <algorithm>
#include <ns3/boolean.h>
#include <ns3/config.h>
#include <ns3/data-rate.h>
#include <ns3/double.h>
#include <ns3/drop-tail-queue.h>
#include <ns3/error-model.h>
#include <ns3/inet-socket-address.h>
#include <ns3/internet-stack-helper.h>
#include <ns3/ipv4-address-generator.h>
#include <ns3/ipv4-address-helper.h>
#include <ns3/ipv4-global-routing-helper.h>
#include <ns3/node-container.h>
#include <ns3/point-to-point-channel.h>
#include <ns3/point-to-point-net-device.h>
#include <ns3/pointer.h>
#include <ns3/queue-size.h>
#include <ns3/rng-seed-manager.h>
#include <ns3/simulator.h>
#include <ns3/string.h>
#include <ns3/tcp-socket-factory.h>
#include <ns3/uinteger.h>
#include <stdexcept>
#include <sys/resource.h>

namespace dispatch::ns3_beside {
namespace {

using namespace ns3;

constexpr std::uint16_t kPort = 80;
constexpr std::uint32_t kWriteBytes = 16 * 1024;
// The measured link counts the packet that it sends as in its queue; ns-3 does not.
constexpr std::uint64_t kOnTheLine = 1500;
// ns-3's links carry IP in PPP, whose two bytes Linux's cells do not have.
constexpr double kWithPpp = 1502.0 / 1500.0;

std::string type_of(const std::string& congestion) {
  if (congestion == "reno") return "ns3::TcpLinuxReno";
  return congestion == "bbr" ? "ns3::TcpBbr" : "ns3::TcpCubic";
}

// Linux's defaults, where ns-3 has others.
void behave_like_linux(const Cell& cell) {
  Config::SetDefault("ns3::TcpL4Protocol::SocketType", StringValue(type_of(cell.congestion)));
  Config::SetDefault("ns3::TcpSocketState::EnablePacing", BooleanValue(cell.congestion == "bbr"));
  Config::SetDefault("ns3::TcpL4Protocol::RecoveryType", StringValue("ns3::TcpPrrRecovery"));
  Config::SetDefault("ns3::TcpSocket::SegmentSize", UintegerValue(1448));
  Config::SetDefault("ns3::TcpSocket::InitialCwnd", UintegerValue(10));
  Config::SetDefault("ns3::TcpSocket::SndBufSize", UintegerValue(4 * 1024 * 1024));
  Config::SetDefault("ns3::TcpSocket::RcvBufSize", UintegerValue(6 * 1024 * 1024));
  Config::SetDefault("ns3::TcpSocket::DelAckTimeout", TimeValue(MilliSeconds(40)));
  Config::SetDefault("ns3::TcpSocketBase::MinRto", TimeValue(MilliSeconds(200)));
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

class World {
 public:
  World(const Cell& cell, std::uint64_t bytes) : wanted_(bytes), left_(bytes) {
    behave_like_linux(cell);
    nodes_.Create(3);  // client, router, server
    InternetStackHelper().Install(nodes_);
    const DataRate rate(static_cast<std::uint64_t>(cell.rate_mbit * 1e6 * kWithPpp));
    const auto waiting = static_cast<double>(cell.queue_bytes - kOnTheLine);
    const auto queue = static_cast<std::uint32_t>(waiting * kWithPpp);
    const auto access = join(nodes_.Get(0), nodes_.Get(1), rate, cell.delay_ms, queue);
    lose(access.Get(0), cell.loss);
    const auto core = join(nodes_.Get(1), nodes_.Get(2), DataRate("100Gb/s"), 0, UINT32_MAX);
    Ipv4AddressHelper("192.0.2.0", "255.255.255.0").Assign(access);
    const auto server = Ipv4AddressHelper("203.0.113.0", "255.255.255.0").Assign(core);
    Ipv4GlobalRoutingHelper::PopulateRoutingTables();
    listen();
    connect(server.GetAddress(1));
  }

  ~World() {
    Simulator::Destroy();
    Ipv4AddressGenerator::Reset();
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Download run(double seconds) {
    const auto begin = cpu_seconds();
    Simulator::Stop(Seconds(seconds));
    Simulator::Run();
    result_.cpu_s = cpu_seconds() - begin;
    result_.events = static_cast<double>(Simulator::GetEventCount());
    return result_;
  }

 private:
  // Made by hand, devices have no queue but their own: helpers would put FQ-CoDel before it.
  NetDeviceContainer join(const Ptr<Node>& a, const Ptr<Node>& b, const DataRate& rate,
                          double delay_ms, std::uint32_t queue_bytes) {
    const auto channel = CreateObject<PointToPointChannel>();
    channel->SetAttribute("Delay", TimeValue(MicroSeconds(static_cast<uint64_t>(delay_ms * 1e3))));
    NetDeviceContainer devices;
    for (const auto& node : {a, b}) {
      const auto device = CreateObject<PointToPointNetDevice>();
      device->SetAddress(Mac48Address::Allocate());
      device->SetDataRate(rate);
      const auto queue = CreateObject<DropTailQueue<Packet>>();
      queue->SetMaxSize(QueueSize(QueueSizeUnit::BYTES, queue_bytes));
      device->SetQueue(queue);
      node->AddDevice(device);
      device->Attach(channel);
      device->TraceConnectWithoutContext("MacRx", MakeCallback(&World::delivered, this));
      devices.Add(device);
    }
    return devices;
  }

  static void lose(const Ptr<NetDevice>& device, double loss) {
    if (loss <= 0) return;
    const auto errors = CreateObject<RateErrorModel>();
    errors->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
    errors->SetRate(loss);
    device->SetAttribute("ReceiveErrorModel", PointerValue(errors));
  }

  void delivered(Ptr<const Packet>) { ++result_.packets; }

  void listen() {
    listener_ = Socket::CreateSocket(nodes_.Get(2), TcpSocketFactory::GetTypeId());
    if (listener_->Bind(InetSocketAddress(Ipv4Address::GetAny(), kPort)) != 0 ||
        listener_->Listen() != 0) {
      throw std::runtime_error("ns-3: no listening socket");
    }
    listener_->SetAcceptCallback(MakeNullCallback<bool, Ptr<Socket>, const Address&>(),
                                 MakeCallback(&World::accept, this));
  }

  void accept(Ptr<Socket> socket, const Address&) {
    server_ = socket;
    server_->SetSendCallback(MakeCallback(&World::send, this));
    send(server_, server_->GetTxAvailable());
  }

  void send(Ptr<Socket> socket, std::uint32_t) {
    while (wanted_ == 0 || left_ > 0) {
      const auto room = std::min(socket->GetTxAvailable(), kWriteBytes);
      const auto size = wanted_ == 0 ? room : std::min<std::uint64_t>(room, left_);
      if (size == 0) return;
      const auto sent = socket->Send(Create<Packet>(static_cast<std::uint32_t>(size)));
      if (sent <= 0) return;
      if (wanted_ != 0) left_ -= static_cast<std::uint64_t>(sent);
    }
    socket->Close();
  }

  void connect(const Ipv4Address& server) {
    client_ = Socket::CreateSocket(nodes_.Get(0), TcpSocketFactory::GetTypeId());
    client_->SetRecvCallback(MakeCallback(&World::receive, this));
    if (client_->Connect(InetSocketAddress(server, kPort)) != 0) {
      throw std::runtime_error("ns-3: no connection");
    }
  }

  void receive(Ptr<Socket> socket) {
    while (const auto packet = socket->Recv()) {
      if (packet->GetSize() == 0) return;
      result_.bytes += packet->GetSize();
      result_.ended_s = Simulator::Now().GetSeconds();
    }
    if (wanted_ != 0 && result_.bytes >= static_cast<double>(wanted_)) Simulator::Stop();
  }

  std::uint64_t wanted_;  // 0: without an end
  std::uint64_t left_;
  Download result_;
  NodeContainer nodes_;
  Ptr<Socket> listener_;
  Ptr<Socket> server_;
  Ptr<Socket> client_;
};

}  // namespace

Download download(const Cell& cell, std::uint64_t bytes, double seconds, std::uint64_t seed) {
  RngSeedManager::SetSeed(1);
  RngSeedManager::SetRun(seed);
  World world(cell, bytes);
  return world.run(seconds);
}

}  // namespace dispatch::ns3_beside
