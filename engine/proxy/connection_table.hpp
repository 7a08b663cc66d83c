// The connections that are relayed now.
#pragma once

#include "engine/link/link.hpp"
#include "engine/net/byte_counter.hpp"
#include "engine/net/runtime.hpp"
#include "engine/proxy/target.hpp"

#include <cstdint>
#include <list>
#include <utility>

namespace dispatch::proxy {

// What is known of one of them. It belongs to the relay's task, and refers to what that holds.
struct Connection {
  net::Endpoint client;
  const Target& target;
  link::Link& link;
  net::Stream& client_stream;
  net::Stream& target_stream;
  net::TimePoint began;
  net::ByteCounter sent;      // to the target
  net::ByteCounter received;  // from the target
};

class ConnectionTable {
  struct Row {
    Connection* connection;
    std::uint64_t bytes = 0;  // both ways, when it was last looked at
    net::TimePoint active{};  // when they were last seen to have grown
  };

 public:
  // Lists `connection` for as long as it lives.
  class Entry {
   public:
    Entry(ConnectionTable& table, Connection& connection)
        : table_(table),
          position_(table.rows_.insert(table.rows_.end(), {&connection, 0, connection.began})) {}
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry() { table_.rows_.erase(position_); }

   private:
    ConnectionTable& table_;
    std::list<Row>::iterator position_;
  };

  // Resets connections over which no byte has passed for `limit`, until this is cancelled. It looks
  // eight times in that span: a connection lives at most an eighth longer.
  net::Task<void> reset_idle(net::Runtime& runtime, net::Duration limit);

  std::size_t size() const { return rows_.size(); }

 private:
  std::list<Row> rows_;
};

}  // namespace dispatch::proxy
