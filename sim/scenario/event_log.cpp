#include "sim/scenario/event_log.hpp"

#include "sim/core/simulation.hpp"
#include "sim/scenario/dump.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace dispatch::scenario {
namespace {

namespace js = boost::json;
using sim::TcpNews;

std::string line_of(net::TimePoint now, std::string_view event, js::object fields) {
  js::object object{{"at_ns", now.time_since_epoch().count()}, {"event", event}};
  for (auto& field : fields) object.emplace(field.key(), std::move(field.value()));
  return js::serialize(object) + "\n";
}

std::string_view name_of(EventSpec::Action action) {
  switch (action) {
    case EventSpec::Action::blackhole:
      return "blackhole";
    case EventSpec::Action::blackhole_down:
      return "blackhole down";
    case EventSpec::Action::blackhole_up:
      return "blackhole up";
    case EventSpec::Action::down:
      return "down";
    case EventSpec::Action::up:
      return "up";
    case EventSpec::Action::set:
      return "set";
    case EventSpec::Action::flap:
      return "flap";
    case EventSpec::Action::freeze:
      return "freeze";
    case EventSpec::Action::no_address:
      return "no_address";
    case EventSpec::Action::no_route:
      return "no_route";
    case EventSpec::Action::restart:
      return "restart";
    case EventSpec::Action::kill:
      return "kill";
    case EventSpec::Action::unplug:
      return "unplug";
    case EventSpec::Action::address:
      return "address";
    case EventSpec::Action::unreachable:
      return "unreachable";
    case EventSpec::Action::reboot:
      return "reboot";
    case EventSpec::Action::backlog_full:
      return "backlog_full";
    case EventSpec::Action::slow_reader:
      return "slow_reader";
    case EventSpec::Action::slow_writer:
      return "slow_writer";
    case EventSpec::Action::dns:
      return "dns";
    case EventSpec::Action::rebind:
      return "rebind";
    case EventSpec::Action::portal:
      return "portal";
    case EventSpec::Action::sign_in:
      return "sign_in";
  }
  return "?";
}

struct Describe {
  const sim::Packet& packet;
  js::object& fields;

  void ends(std::string_view protocol, std::uint16_t from, std::uint16_t to) const {
    fields["protocol"] = protocol;
    fields["from"] = net::to_string(net::Endpoint{packet.source, from});
    fields["to"] = net::to_string(net::Endpoint{packet.destination, to});
  }
  void operator()(const sim::tcp::Segment& segment) const {
    ends("tcp", segment.source_port, segment.destination_port);
    fields["sequence"] = segment.sequence;
    fields["payload_bytes"] = segment.payload.size();
  }
  void operator()(const sim::UdpDatagram& datagram) const {
    ends("udp", datagram.source_port, datagram.destination_port);
    fields["payload_bytes"] = datagram.payload.size();
  }
  void operator()(const sim::IcmpUnreachable&) const {
    fields["protocol"] = "icmp";
    fields["from"] = net::to_string(packet.source);
    fields["to"] = net::to_string(packet.destination);
  }
};

}  // namespace

EventLog::EventLog(sim::World& world, Output output)
    : world_(world),
      output_(std::move(output)),
      news_([this](const sim::TcpView& view, const TcpNews::News& news) { tcp(view, news); }) {
  for (const auto& link : world_.links()) {
    link->up().add_observer(*this);
    link->down().add_observer(*this);
  }
  world_.set_tcp_observer(&news_);
}

EventLog::~EventLog() {
  world_.set_tcp_observer(nullptr);
  for (const auto& link : world_.links()) {
    link->up().remove_observer(*this);
    link->down().remove_observer(*this);
  }
}

net::TimePoint EventLog::now() const {
  return world_.simulation().now();
}

void EventLog::engine(std::string_view host, net::LogLevel level, std::string_view line) {
  output_(
      line_of(now(), "log",
              {{"host", host}, {"level", js::string_view(net::to_string(level))}, {"line", line}}));
}

void EventLog::change(const EventSpec& event) {
  const bool of_link = event.host.empty();
  output_(line_of(now(), "change",
                  {{of_link ? "link" : "host", of_link ? event.link : event.host},
                   {"action", name_of(event.action)},
                   {"what", action_text(event)},
                   {"line", event.position.line}}));
}

void EventLog::dropped(const sim::LinkDirection& line, const sim::Packet& packet,
                       sim::DropReason reason, net::TimePoint now) {
  js::object fields{{"link", line.name()},
                    {"reason", js::string_view(to_string(reason))},
                    {"bytes", packet.size}};
  std::visit(Describe{packet, fields}, packet.transport);
  output_(line_of(now, "drop", std::move(fields)));
}

void EventLog::tcp(const sim::TcpView& view, const TcpNews::News& news) {
  js::object fields{{"host", view.host},
                    {"local", net::to_string(view.local)},
                    {"remote", net::to_string(view.remote)}};
  switch (news.what) {
    case TcpNews::What::state:
      fields["from"] = news.before;
      fields["to"] = news.after;
      if (view.error) fields["error"] = view.error.message();
      return output_(line_of(now(), "tcp-state", std::move(fields)));
    case TcpNews::What::recovery:
      fields["from"] = news.before;
      fields["to"] = news.after;
      break;
    case TcpNews::What::retransmit:
      fields["segments"] = news.segments;
      break;
  }
  fields["cwnd"] = view.info.congestion_window;
  fields["ssthresh"] = view.info.slow_start_threshold;
  output_(line_of(now(), news.what == TcpNews::What::recovery ? "tcp-recovery" : "tcp-retransmit",
                  std::move(fields)));
}

}  // namespace dispatch::scenario
