// From a plan to inputs, outputs, and what is between them.
#include "engine/stream/connect_output.hpp"
#include "engine/stream/file_input.hpp"
#include "engine/stream/file_output.hpp"
#include "engine/stream/locate.hpp"
#include "engine/stream/open.hpp"
#include "engine/stream/pipeline.hpp"
#include "engine/stream/stream_error.hpp"
#include "engine/stream/stream_input.hpp"
#include "engine/stream/udp_input.hpp"
#include "engine/stream/udp_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dispatch::stream {
namespace {

// In which byte streams go on where no output has datagrams; and where a file has them as packets.
constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr std::size_t kPacketBytes = 32 * 1024;

// Beyond so many files the rest have one together.
constexpr std::size_t kPartsMost = 256;
constexpr auto kRest = "others";

bool is_file(const EndpointSpec& spec) {
  return spec.scheme == Scheme::file || spec.scheme == Scheme::standard;
}

bool is_group(const net::Endpoint& endpoint) {
  return endpoint.address.is_multicast();
}

// The links that are named by what goes out, and not among those of the plan.
std::vector<link::LinkSpec> link_specs(const Plan& plan) {
  auto specs = plan.links;
  const auto add = [&](const EndpointSpec& spec) {
    if (spec.link.empty()) return;
    const bool is_there = std::ranges::any_of(specs, [&](const auto& each) {
      return (each.name.empty() ? each.target : each.name) == spec.link;
    });
    if (is_there) return;
    specs.push_back(link::parse_link_spec(spec.link));
    specs.back().name = spec.link;
  };
  for (const auto& each : plan.to) add(each);
  for (const auto& each : plan.from) add(each);
  if (plan.via) add(*plan.via);
  return specs;
}

}  // namespace

void Pipeline::open_links() {
  const auto specs = link_specs(plan_);
  if (specs.empty()) return;
  links_ = std::make_unique<OutputLinks>(runtime_, specs, plan_.probes);
}

const link::Link* Pipeline::link_of(const EndpointSpec& spec) const {
  return spec.link.empty() ? nullptr : &links_->of_name(spec.link);
}

net::Task<void> Pipeline::open() {
  open_links();
  if (plan_.apart == Apart::listener) co_return co_await open_apart();
  open_framing();
  const bool parts = plan_.apart != Apart::nothing;
  for (const auto& spec : plan_.to) {
    if (parts && spec.scheme == Scheme::file) continue;
    const bool framed = plan_.framed_out && spec.scheme == Scheme::udp;
    co_await open_output(framed ? framing_ : hub_, spec);
  }
  for (const auto& spec : plan_.serve) {
    auto acceptor = co_await Acceptor::make(runtime_, files_, spec);
    subscribers_.push_back(
        std::make_unique<Subscribers>(hub_, runtime_, std::move(acceptor), plan_.slowness));
  }
  if (plan_.apart == Apart::sender) {
    senders_ = std::make_unique<Demultiplexer>(hub_, [this](const net::Endpoint* sender) -> Hub& {
      return open_part(sender == nullptr ? "-" : net::to_string(*sender));
    });
  }
  auto& hub = plan_.via ? inner_ : hub_;
  if (plan_.via) {
    co_await open_output(inner_, *plan_.via);
    co_await open_listener(plan_.framed_in ? frames_ : hub_, *plan_.via);
  }
  if (plan_.datagram_bytes != 0) datagram_bytes_ = plan_.datagram_bytes;
  if (datagram_bytes_ == 0) {
    datagram_bytes_ = plan_.record_format == RecordFormat::raw ? kPieceBytes : kPacketBytes;
  }
  auto headers = plan_.framed_out ? kFrameHeaderBytes : 0;
  if (plan_.parity.data != 0) headers += kParityHeaderBytes + kSymbolHeaderBytes;
  if (datagram_bytes_ > headers) datagram_bytes_ -= headers;
  for (const auto& spec : plan_.listen) {
    const bool framed = plan_.framed_in && !plan_.via && spec.scheme == Scheme::udp;
    co_await open_listener(framed ? frames_ : hub, spec);
  }
  for (const auto& spec : plan_.from) co_await open_source(hub, spec);
}

void Pipeline::open_framing() {
  if (plan_.framed_out) {
    FramerOptions options;
    options.stream = plan_.stream.value_or(static_cast<std::uint32_t>(runtime_.entropy().next()));
    options.repair = plan_.repair;
    options.parity = plan_.parity;
    options.probes = plan_.spread || plan_.repair != net::Duration::zero();
    framer_ =
        std::make_unique<Framer>(hub_, framing_, runtime_.clock(), runtime_.executor(), options);
  }
  if (!plan_.framed_in) return;
  hub_.feeds_from(frames_);
  UnframerOptions options;
  options.repair = plan_.repair;
  options.receiver = static_cast<std::uint32_t>(runtime_.entropy().next());
  unframer_ = std::make_unique<Unframer>(
      frames_,
      [this](std::uint32_t stream) -> Hub& {
        return plan_.apart == Apart::stream ? open_part(std::to_string(stream)) : hub_;
      },
      runtime_.clock(), runtime_.executor(), options);
  unframer_->on_end([this] { changed_.notify_all(); });
}

net::Task<void> Pipeline::open_apart() {
  datagram_bytes_ = plan_.datagram_bytes == 0 ? kPieceBytes : plan_.datagram_bytes;
  for (const auto& spec : plan_.listen) {
    auto& hub = *apart_.emplace_back(std::make_unique<Hub>(runtime_.executor()));
    co_await open_listener(hub, spec);
    for (auto to : plan_.to) {
      if (to.scheme == Scheme::file) to.path += "." + file_name_of(spec);
      co_await open_output(hub, to);
    }
  }
}

// While the inputs run: what cannot be opened ends the command.
Hub& Pipeline::open_part(const std::string& name) {
  if (apart_.size() > kPartsMost) return *apart_.back();
  const auto part = apart_.size() == kPartsMost ? kRest : file_name_of(name);
  auto& hub = *apart_.emplace_back(std::make_unique<Hub>(runtime_.executor()));
  // What is not a file has them all.
  if (plan_.apart == Apart::stream) {
    junctions_.push_back(std::make_unique<Junction>(hub, hub_));
    hub_.feeds_from(frames_);
  }
  for (auto to : plan_.to) {
    if (to.scheme != Scheme::file) continue;
    to.path += "." + part;
    try {
      open_file(hub, to);
      if (runs_) writing_.spawn(outputs_.back()->run());
    } catch (const std::runtime_error& error) {
      fail(error.what());
    }
  }
  return hub;
}

net::Task<void> Pipeline::open_output(Hub& hub, EndpointSpec spec) {
  if (spec.scheme == Scheme::udp) {
    co_await open_udp(hub, std::move(spec));
  } else if (is_file(spec)) {
    open_file(hub, spec);
  } else {
    auto connector = co_await Connector::make(runtime_, files_, spec, link_of(spec));
    outputs_.push_back(std::make_unique<ConnectOutput>(hub, runtime_, to_string(spec),
                                                       plan_.slowness, std::move(connector)));
  }
}

net::Task<void> Pipeline::open_udp(Hub& hub, EndpointSpec spec) {
  const auto to = co_await locate(runtime_, spec);
  const bool answers = framer_ != nullptr && &hub == &framing_ && !is_group(to.front());
  if (!plan_.spread || !spec.link.empty()) {
    auto& output = add_udp(hub, spec, to, link_of(spec));
    if (answers) listen_for_reports(output, output, nullptr, 0);
    co_return;
  }
  auto& spread = *spreads_.emplace_back(std::make_unique<Spread>(
      hub, to_string(spec), *plan_.spread, runtime_.clock(), runtime_.log()));
  for (auto* link : links_->all()) {
    auto by = spec;
    by.link = link->name();
    auto& output = add_udp(spread.add(*link, runtime_.executor()), by, to, link);
    spread.set_output(spread.ways() - 1, output);
    if (answers) listen_for_reports(output, spread, &spread, spread.ways() - 1);
  }
}

UdpOutput& Pipeline::add_udp(Hub& hub, const EndpointSpec& spec, std::vector<net::Endpoint> to,
                             const link::Link* link) {
  auto open = udp_opener(runtime_, spec, std::move(to), link);
  auto socket = open_udp_output(open, spec);
  auto fits = spec.datagram_bytes;
  if (fits == 0 && socket) {
    fits = stream::datagram_bytes(runtime_, socket->local_endpoint().address);
  }
  if (fits != 0) datagram_bytes_ = datagram_bytes_ == 0 ? fits : std::min(datagram_bytes_, fits);
  auto name = to_string(spec);
  if (link != nullptr) name += " by " + link->name();
  auto output =
      std::make_unique<UdpOutput>(hub, runtime_.executor(), runtime_.clock(), std::move(name),
                                  plan_.slowness, std::move(socket), std::move(open));
  auto& added = *output;
  outputs_.push_back(std::move(output));
  return added;
}

void Pipeline::listen_for_reports(UdpOutput& output, Sink& to, Spread* spread, std::size_t way) {
  if (!plan_.spread && plan_.repair == net::Duration::zero()) return;
  framer_->add_way(output);
  UdpOutput::Ears ears;
  ears.heard = [this, &to, spread, way](std::span<const std::byte> datagram) {
    const auto report = framer_->hear(datagram, to);
    if (report && spread != nullptr) spread->answered(way);
  };
  ears.refused = [this, &to] { framer_->left(to); };
  ears_.push_back({output, std::move(ears)});
}

void Pipeline::open_file(Hub& hub, const EndpointSpec& spec) {
  const auto name = to_string(spec);
  auto policy = plan_.file_policy;
  policy.preamble = record_preamble(plan_.record_format);
  FileSeries series(files_, runtime_.clock(), spec, policy);
  auto file = open_file_output(series, spec);
  auto* to = &hub;
  if (plan_.record_format != RecordFormat::raw) {
    to = &recorders_
              .emplace_back(std::make_unique<Recorder>(hub, runtime_.executor(), runtime_.clock(),
                                                       plan_.record_format))
              ->to();
  }
  outputs_.push_back(std::make_unique<FileOutput>(
      *to, runtime_.executor(), name, plan_.slowness.backlog_max, std::move(series),
      std::move(file), [this, name](const net::Error& error) { fail(name, error); }));
}

net::Task<void> Pipeline::open_listener(Hub& hub, EndpointSpec spec) {
  if (spec.scheme == Scheme::udp) {
    auto socket = open_udp_input(runtime_, spec, plan_.receive_buffer);
    spec.port = socket->local_endpoint().port;
    inputs_.push_back(std::make_unique<UdpInput>(hub, to_string(spec), std::move(socket)));
  } else {
    auto acceptor = co_await Acceptor::make(runtime_, files_, spec);
    inputs_.push_back(
        std::make_unique<ListenInput>(hub, runtime_, datagram_bytes_, std::move(acceptor)));
  }
}

net::Task<void> Pipeline::open_source(Hub& hub, EndpointSpec spec) {
  if (is_file(spec)) {
    inputs_.push_back(std::make_unique<FileInput>(
        hub, to_string(spec), open_file_input(files_, spec), runtime_.clock(),
        FileInput::Options{datagram_bytes_, plan_.bytes_per_second}));
  } else {
    auto connector = co_await Connector::make(runtime_, files_, spec, link_of(spec));
    inputs_.push_back(std::make_unique<ConnectInput>(hub, runtime_, to_string(spec),
                                                     datagram_bytes_, std::move(connector)));
  }
}

}  // namespace dispatch::stream
