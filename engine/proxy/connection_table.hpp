// The connections to targets that there are now.
#pragma once

#include "engine/net/runtime.hpp"
#include "engine/proxy/connection.hpp"
#include "engine/proxy/server_view.hpp"

#include <boost/intrusive/list.hpp>

#include <cstddef>
#include <vector>

namespace dispatch::proxy {

class ConnectionTable {
 public:
  explicit ConnectionTable(SilenceLimits limits) : limits_(limits) {}

  void list(Connection& connection) { rows_.push_back(connection); }

  // Ends connections over which no byte has passed for too long, until this is cancelled. It looks
  // eight times in that span: a connection lives at most an eighth longer. Ends at once where there
  // is no limit.
  net::Task<void> end_silent_ones(net::Runtime& runtime);

  // Ends connections of `link` whose source address it no longer has, since it has another one:
  // nobody answers to them, and no error says so. Where it has none at the moment they stay, for
  // many an interface comes back with the address that it had.
  void end_stranded_ones(link::Link& link, net::Runtime& runtime);

  // The oldest ones.
  std::vector<ConnectionView> view(std::size_t most, net::TimePoint now) const;

  // None may end meanwhile.
  template <typename Visit>
  void for_each(Visit visit) {
    for (auto& connection : rows_) visit(connection);
  }

  std::size_t size() const { return rows_.size(); }

 private:
  void look(Connection& connection, net::Runtime& runtime) const;

  SilenceLimits limits_;
  boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>> rows_;
};

}  // namespace dispatch::proxy
