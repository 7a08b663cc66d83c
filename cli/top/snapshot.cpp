#include "cli/top/snapshot.hpp"

#include "cli/exit_status.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace dispatch::cli::top {
namespace {

namespace js = boost::json;

js::object parse(const std::string& text) {
  auto object = js::parse(text).as_object();
  if (const auto* wrong = object.if_contains("error")) {
    throw RuntimeError(std::string(wrong->as_string()));
  }
  return object;
}

std::string text(const js::object& of, const char* key) {
  return std::string(of.at(key).as_string());
}
std::uint64_t number(const js::object& of, const char* key) {
  return of.at(key).to_number<std::uint64_t>();
}
double seconds(const js::object& of, const char* key) {
  return of.at(key).to_number<double>();
}

std::string list(const js::array& texts) {
  std::string all;
  for (const auto& each : texts) all += (all.empty() ? "" : ", ") + std::string(each.as_string());
  return all;
}

LinkRow link_row(const js::object& of) {
  LinkRow row;
  row.name = text(of, "name");
  row.state = text(of, "state");
  row.reason = text(of, "reason");
  row.since_s = seconds(of, "since_s");
  row.weight = number(of, "weight");
  row.addresses = list(of.at("addresses").as_array());
  row.live = number(of, "live");
  row.connections = number(of, "connections");
  row.dial_failures = number(of, "dial_failures");
  row.received_bytes = number(of, "received_bytes");
  row.sent_bytes = number(of, "sent_bytes");
  row.rate = {number(of, "received_rate"), number(of, "sent_rate")};
  return row;
}

ConnectionRow connection_row(const js::object& of) {
  ConnectionRow row;
  row.client = text(of, "client");
  row.target = text(of, "target");
  row.link = text(of, "link");
  row.age_s = seconds(of, "age_s");
  row.received_bytes = number(of, "received_bytes");
  row.sent_bytes = number(of, "sent_bytes");
  return row;
}

std::vector<Rates> history_of(const js::object& track) {
  const auto& received = track.at("received").as_array();
  const auto& sent = track.at("sent").as_array();
  std::vector<Rates> history;
  for (std::size_t i = 0; i < std::min(received.size(), sent.size()); ++i) {
    history.push_back({received[i].to_number<std::uint64_t>(), sent[i].to_number<std::uint64_t>()});
  }
  return history;
}

// The same name twice, which there may be after a reload, is told apart by the order.
void add_history(Snapshot& snapshot, const js::array& tracks) {
  for (std::size_t i = 0; i < std::min(snapshot.links.size(), tracks.size()); ++i) {
    const auto& track = tracks[i].as_object();
    if (text(track, "name") == snapshot.links[i].name) {
      snapshot.links[i].history = history_of(track);
    }
  }
}

Snapshot read(const std::string& status_text, const std::string& history_text,
              const std::string& connections_text) {
  const auto status = parse(status_text);
  Snapshot snapshot;
  snapshot.version = text(status, "version");
  snapshot.uptime_s = seconds(status, "uptime_s");
  const auto& clients = status.at("clients").as_object();
  snapshot.clients_live = number(clients, "live");
  snapshot.clients_accepted = number(clients, "accepted");
  snapshot.clients_refused = number(clients, "refused") + number(clients, "turned_away");
  for (const auto& link : status.at("links").as_array()) {
    snapshot.links.push_back(link_row(link.as_object()));
  }
  add_history(snapshot, parse(history_text).at("links").as_array());
  const auto connections = parse(connections_text);
  for (const auto& each : connections.at("connections").as_array()) {
    snapshot.connections.push_back(connection_row(each.as_object()));
  }
  return snapshot;
}

}  // namespace

Snapshot read_snapshot(const std::string& status, const std::string& history,
                       const std::string& connections) {
  try {
    return read(status, history, connections);
  } catch (const RuntimeError&) {
    throw;
  } catch (const std::exception& error) {  // of Boost.JSON
    throw RuntimeError(
        fmt::format("what answers there is no dispatch of this version ({})", error.what()));
  }
}

void measure(Snapshot& now, const Snapshot& before, double seconds) {
  if (seconds <= 0) return;
  using Key = std::tuple<std::string, std::string, std::string>;
  std::map<Key, const ConnectionRow*> known;
  for (const auto& row : before.connections) known[{row.client, row.target, row.link}] = &row;
  const auto rate = [&](std::uint64_t after, std::uint64_t earlier) {
    return static_cast<std::uint64_t>(static_cast<double>(after - earlier) / seconds);
  };
  for (auto& row : now.connections) {
    const auto found = known.find({row.client, row.target, row.link});
    if (found == known.end()) continue;
    const auto& was = *found->second;
    // Another connection with the same ends.
    if (row.received_bytes < was.received_bytes || row.sent_bytes < was.sent_bytes) continue;
    row.rate = {rate(row.received_bytes, was.received_bytes), rate(row.sent_bytes, was.sent_bytes)};
    if (was.is_measured) {
      row.rate = {(row.rate.received + was.rate.received) / 2, (row.rate.sent + was.rate.sent) / 2};
    }
    row.is_measured = true;
  }
}

}  // namespace dispatch::cli::top
