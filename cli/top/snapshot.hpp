// What `dispatch top` shows: a running dispatch's answers, as values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dispatch::cli::top {

// Payload, bytes per second.
struct Rates {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;

  std::uint64_t sum() const { return received + sent; }
};

struct LinkRow {
  std::string name;
  std::string state;   // "up", "recovering", "suspect", "down", "off"
  std::string reason;  // empty: nothing speaks against it
  double since_s = 0;  // for how long its health has been so
  std::uint64_t weight = 1;
  std::string addresses{};  // ", " between
  std::uint64_t live = 0;
  std::uint64_t connections = 0;
  std::uint64_t dial_failures = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  Rates rate{};
  std::vector<Rates> history{};  // a second each, the oldest first

  bool is_off() const { return state == "off"; }
};

struct ConnectionRow {
  std::string client;
  std::string target;
  std::string link;
  double age_s = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  Rates rate{};              // of the last seconds
  bool is_measured = false;  // it has one

  std::uint64_t bytes() const { return received_bytes + sent_bytes; }
};

struct Snapshot {
  std::string version;
  double uptime_s = 0;
  std::uint64_t clients_live = 0;
  std::uint64_t clients_accepted = 0;
  std::uint64_t clients_refused = 0;
  std::vector<LinkRow> links;
  std::vector<ConnectionRow> connections;
};

// Of the answers to {"do": "status"}, {"do": "history"} and {"do": "connections"}. Throws
// RuntimeError: that of the other side, or where it speaks another language.
Snapshot read_snapshot(const std::string& status, const std::string& history,
                       const std::string& connections);

// Connections of `now` that were there `seconds` ago, in `before`, get their rates: half of it from
// these seconds and half from those before, since many programs move bytes by fits and starts.
void measure(Snapshot& now, const Snapshot& before, double seconds);

}  // namespace dispatch::cli::top
