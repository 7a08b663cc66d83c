// The feed of monitors: what there is, then what changes.
//
//     {"type":"snapshot","agents":[...],"pool":{...},"stats":{...},"configs":[...],"requests":[...],
//      "history":[...]}                       first
//     {"type":"agents","agents":[...],"removed":[id...]}       those that have changed
//     {"type":"pool","ip_pool":[...],"removed":[{"ip":..,"agent_id":..}...]}
//     {"type":"stats","stats":{...}}
//     {"type":"configs","configs":[...]}
//     {"type":"requests","requests":[...]}                     those under way, 100 at most
//     {"type":"history","history":[...]}                       new records
#include "engine/fleet/api_session.hpp"
#include "engine/fleet/run_beside.hpp"

#include <boost/json/serialize.hpp>

#include <map>

namespace dispatch::fleet {
namespace {

constexpr std::size_t kSnapshotHistory = 100;
constexpr std::size_t kRequestsShown = 100;
// A monitor that does not read hears of it later, as a snapshot.
constexpr std::size_t kBacklogMax = 1024 * 1024;

class Feed {
 public:
  Feed(Coordinator& coordinator, WebSocket& socket) : coordinator_(coordinator), socket_(socket) {}

  net::Task<void> run() {
    send_snapshot();
    for (;;) {
      const auto interval = coordinator_.options().feed_interval;
      if (co_await coordinator_.runtime().clock().sleep_for(interval)) co_return;
      if (socket_.backlog() > kBacklogMax) {
        behind_ = true;
      } else if (std::exchange(behind_, false)) {
        send_snapshot();
      } else {
        send_changes();
      }
    }
  }

 private:
  void send_snapshot() {
    const auto agents = agents_json(coordinator_);
    auto pool = pool_json(coordinator_);
    auto stats = stats_json(coordinator_);
    stats.erase("agents");
    agents_ = texts_of(agents, agent_key);
    pool_ = texts_of(pool.at("ip_pool").get_array(), pool_key);
    configs_ = json::serialize(configs_json(coordinator_));
    requests_ = json::serialize(shown_requests());
    json::array history;
    const auto& recent = coordinator_.recent();
    const auto skipped = recent.size() - std::min(recent.size(), kSnapshotHistory);
    for (auto i = skipped; i < recent.size(); ++i)
      history.push_back(*parse_json(to_text(*recent[i].record)));
    if (!recent.empty()) told_ = recent.back().number;
    send({{"type", "snapshot"},
          {"agents", agents},
          {"pool", std::move(pool)},
          {"stats", std::move(stats)},
          {"configs", configs_json(coordinator_)},
          {"requests", shown_requests()},
          {"history", std::move(history)}});
  }

  void send_changes() {
    const auto agents = agents_json(coordinator_);
    const auto pool = pool_json(coordinator_);
    auto changed = changes_of(agents, agent_key, agents_);
    if (!changed.empty()) {
      json::array removed;
      for (const auto& key : changed.removed) removed.emplace_back(key);
      send({{"type", "agents"}, {"agents", std::move(changed.changed)}, {"removed", removed}});
    }
    changed = changes_of(pool.at("ip_pool").get_array(), pool_key, pool_);
    if (!changed.empty()) {
      json::array removed;
      for (const auto& key : changed.removed) {
        const auto blank = key.find(' ');
        removed.push_back(
            json::object{{"ip", key.substr(0, blank)}, {"agent_id", key.substr(blank + 1)}});
      }
      send({{"type", "pool"}, {"ip_pool", std::move(changed.changed)}, {"removed", removed}});
    }
    auto stats = stats_json(coordinator_);
    stats.erase("agents");
    send({{"type", "stats"}, {"stats", std::move(stats)}});
    send_if_other("configs", configs_json(coordinator_), configs_);
    send_if_other("requests", shown_requests(), requests_);
    json::array history;
    for (const auto& each : coordinator_.recent()) {
      if (each.number > told_) history.push_back(*parse_json(to_text(*each.record)));
    }
    if (history.empty()) return;
    told_ = coordinator_.recent().back().number;
    send({{"type", "history"}, {"history", std::move(history)}});
  }

  using Texts = std::map<std::string, std::string>;
  struct Changes {
    json::array changed;
    std::vector<std::string> removed;
    bool empty() const { return changed.empty() && removed.empty(); }
  };

  static std::string agent_key(const json::object& agent) {
    return std::string(agent.at("agent_id").get_string());
  }
  static std::string pool_key(const json::object& address) {
    return std::string(address.at("ip").get_string()) + " " + agent_key(address);
  }
  static Texts texts_of(const json::array& entries, std::string (*key)(const json::object&)) {
    Texts texts;
    for (const auto& each : entries) texts[key(each.get_object())] = json::serialize(each);
    return texts;
  }
  static Changes changes_of(const json::array& entries, std::string (*key)(const json::object&),
                            Texts& before) {
    Changes changes;
    auto now = texts_of(entries, key);
    for (const auto& each : entries) {
      const auto name = key(each.get_object());
      const auto known = before.find(name);
      if (known == before.end() || known->second != now[name]) changes.changed.push_back(each);
    }
    for (const auto& [name, text] : before) {
      if (!now.contains(name)) changes.removed.push_back(name);
    }
    before = std::move(now);
    return changes;
  }

  json::array shown_requests() const {
    auto requests = requests_json(coordinator_);
    if (requests.size() > kRequestsShown) requests.resize(kRequestsShown);
    return requests;
  }

  void send_if_other(const char* name, json::array value, std::string& before) {
    auto text = json::serialize(value);
    if (text == before) return;
    before = std::move(text);
    send({{"type", name}, {name, std::move(value)}});
  }
  void send(const json::object& message) { socket_.send(json::serialize(message)); }

  Coordinator& coordinator_;
  WebSocket& socket_;
  Texts agents_;
  Texts pool_;
  std::string configs_;
  std::string requests_;
  std::uint64_t told_ = 0;
  bool behind_ = false;
};

// What monitors say is not looked at.
net::Task<void> listen_to(WebSocket& socket) {
  for (;;) {
    const auto message = co_await socket.receive();
    if (!message) co_return;
  }
}

}  // namespace

net::Task<void> serve_monitor(Coordinator& coordinator, WebSocket& socket) {
  Feed feed(coordinator, socket);
  co_await run_beside(coordinator.runtime().executor(), listen_to(socket), feed.run());
}

}  // namespace dispatch::fleet
