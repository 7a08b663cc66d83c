#include "sim/scenario/dump_parts.hpp"

namespace dispatch::scenario {
namespace {

enum class Figure : std::uint8_t { bytes, duration, count };

std::string text_of(std::uint64_t value, Figure figure) {
  if (figure == Figure::bytes) return to_string(Bytes{value});
  if (figure == Figure::count) return std::to_string(value);
  return to_string(Duration(static_cast<Duration::rep>(value)));
}

void draw_entry(YAML::Emitter& out, const char* key, const Draw& draw, Figure figure) {
  if (draw.shape == Draw::Shape::constant)
    return dump_entry(out, key, text_of(draw.figures[0], figure));
  out << YAML::Key << key << YAML::Value << YAML::Flow << YAML::BeginMap;
  if (draw.shape == Draw::Shape::exponential || draw.shape == Draw::Shape::pareto) {
    const bool pareto = draw.shape == Draw::Shape::pareto;
    dump_entry(out, pareto ? "pareto" : "exponential", text_of(draw.figures[0], figure));
  } else {
    out << YAML::Key << (draw.shape == Draw::Shape::uniform ? "uniform" : "values") << YAML::Value
        << YAML::Flow << YAML::BeginSeq;
    for (const auto value : draw.figures) out << text_of(value, figure);
    out << YAML::EndSeq;
  }
  out << YAML::EndMap;
}

const char* text_of(Via via) {
  if (via == Via::http) return "http";
  return via == Via::socks5 ? "socks5" : "direct";
}

void begin(YAML::Emitter& out, const char* kind, const char* target, const AccessSpec& access) {
  out << YAML::Key << kind << YAML::Value << YAML::Flow << YAML::BeginMap;
  dump_entry(out, target, access.host);
}

void end(YAML::Emitter& out, const AccessSpec& access) {
  dump_entry(out, "via", text_of(access.via));
  if (!access.user.empty()) dump_entry(out, "user", access.user);
  if (!access.listener.empty()) dump_entry(out, "listener", access.listener);
  out << YAML::EndMap;
}

struct Work {
  YAML::Emitter& out;

  void operator()(const BulkSpec& bulk) const {
    const bool download = bulk.direction == BulkSpec::Direction::download;
    begin(out, download ? "download" : "upload", download ? "from" : "to", bulk);
    dump_entry(out, "size", to_string(bulk.size));
    dump_entry(out, "count", bulk.count);
    dump_entry(out, "parallel", bulk.parallel);
    if (bulk.timeout != Duration::max()) dump_entry(out, "timeout", to_string(bulk.timeout));
    if (bulk.stall_timeout != Duration::max())
      dump_entry(out, "stall_timeout", to_string(bulk.stall_timeout));
    dump_entry(out, "retries", bulk.retries);
    dump_entry(out, "retry_delay", to_string(bulk.retry_delay));
    end(out, bulk);
  }

  void operator()(const RequestsSpec& requests) const {
    begin(out, "requests", "to", requests);
    if (requests.users > 0) {
      dump_entry(out, "users", requests.users);
      draw_entry(out, "think", requests.think, Figure::duration);
    } else {
      dump_entry(out, "rate", to_string(*requests.rate));
      if (requests.poisson) dump_entry(out, "arrivals", "poisson");
    }
    draw_entry(out, "response", requests.response, Figure::bytes);
    dump_entry(out, "until", to_string(requests.until));
    dump_entry(out, "timeout", to_string(requests.timeout));
    end(out, requests);
  }

  void operator()(const BrowseSpec& browse) const {
    begin(out, "browse", "to", browse);
    dump_entry(out, "users", browse.users);
    if (browse.pages > 0) dump_entry(out, "pages", browse.pages);
    if (browse.until > Duration::zero()) dump_entry(out, "until", to_string(browse.until));
    draw_entry(out, "think", browse.think, Figure::duration);
    draw_entry(out, "document", browse.document, Figure::bytes);
    draw_entry(out, "objects", browse.objects, Figure::count);
    draw_entry(out, "size", browse.size, Figure::bytes);
    dump_entry(out, "parallel", browse.parallel);
    dump_entry(out, "timeout", to_string(browse.timeout));
    end(out, browse);
  }

  void operator()(const ChatSpec& chat) const {
    begin(out, "chat", "to", chat);
    dump_entry(out, "users", chat.users);
    dump_entry(out, "until", to_string(chat.until));
    draw_entry(out, "every", chat.every, Figure::duration);
    draw_entry(out, "message", chat.message, Figure::bytes);
    dump_entry(out, "timeout", to_string(chat.timeout));
    end(out, chat);
  }

  void operator()(const VideoSpec& video) const {
    begin(out, "video", "from", video);
    dump_entry(out, "bitrate", to_string(video.bitrate));
    dump_entry(out, "length", to_string(video.length));
    dump_entry(out, "segment", to_string(video.segment));
    dump_entry(out, "buffer", to_string(video.buffer));
    dump_entry(out, "startup", to_string(video.startup));
    dump_entry(out, "timeout", to_string(video.timeout));
    end(out, video);
  }

  void operator()(const CallSpec& call) const {
    begin(out, "call", "to", call);
    dump_entry(out, "rate", to_string(call.rate));
    dump_entry(out, "size", to_string(call.size));
    dump_entry(out, "until", to_string(call.until));
    end(out, call);
  }

  void operator()(const StreamSpec& stream) const {
    begin(out, "stream", "to", stream);
    dump_entry(out, "rate", to_string(stream.rate));
    dump_entry(out, "size", to_string(stream.size));
    dump_entry(out, "until", to_string(stream.until));
    if (!stream.links.empty()) {
      out << YAML::Key << "links" << YAML::Value << YAML::Flow << stream.links;
    }
    if (stream.spread) {
      const bool distributes = *stream.spread == stream::SpreadMode::distribute;
      dump_entry(out, "spread", distributes ? "distribute" : "duplicate");
    }
    dump_entry(out, "repair", to_string(stream.repair));
    if (stream.parity.data != 0) {
      dump_entry(out, "fec",
                 std::to_string(stream.parity.data) + ":" + std::to_string(stream.parity.parity));
      dump_entry(out, "fec_within", to_string(stream.parity.within));
    }
    out << YAML::EndMap;
  }

  void operator()(const ExecuteSpec& execute) const {
    out << YAML::Key << "execute" << YAML::Value << YAML::BeginMap;
    dump_entry(out, "to", execute.host);
    dump_entry(out, "rate", to_string(execute.rate));
    dump_entry(out, "until", to_string(execute.until));
    dump_entry(out, "method", execute.method);
    dump_entry(out, "timeout", to_string(execute.timeout));
    dump_entry(out, "wait", to_string(execute.wait));
    dump_entry(out, "attempts", execute.attempts);
    if (!execute.session.empty()) dump_entry(out, "session", execute.session);
    out << YAML::EndMap;
  }
};

}  // namespace

void dump_fleet(YAML::Emitter& out, const FleetSpec& fleet) {
  const auto names = [&](const char* key, const std::vector<std::string>& texts) {
    out << YAML::Key << key << YAML::Value << YAML::Flow << YAML::BeginSeq;
    for (const auto& each : texts) out << each;
    out << YAML::EndSeq;
  };
  out << YAML::Key << "fleet" << YAML::Value << YAML::BeginMap;
  dump_entry(out, "coordinator", fleet.coordinator);
  names("agents", fleet.agents);
  names("targets", fleet.targets);
  dump_entry(out, "strategy", fleet.strategy);
  dump_entry(out, "ping_interval", to_string(fleet.ping_interval));
  dump_entry(out, "max_per_agent", fleet.per_agent);
  dump_entry(out, "max_per_host", fleet.per_host);
  out << YAML::EndMap;
}

void dump_workloads(YAML::Emitter& out, const Scenario& scenario) {
  out << YAML::Key << "workloads" << YAML::Value << YAML::BeginSeq;
  for (const auto& workload : scenario.workloads) {
    out << YAML::BeginMap;
    dump_entry(out, "name", workload.name);
    dump_entry(out, "at", to_string(workload.at));
    if (!workload.client.empty()) dump_entry(out, "client", workload.client);
    std::visit(Work{out}, workload.work);
    out << YAML::EndMap;
  }
  out << YAML::EndSeq;
}

}  // namespace dispatch::scenario
