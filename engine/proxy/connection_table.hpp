// The connections to targets that there are now.
#pragma once

#include "engine/net/runtime.hpp"
#include "engine/proxy/connection.hpp"
#include "engine/proxy/server_view.hpp"

#include <boost/intrusive/list.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

namespace dispatch::proxy {

class ConnectionTable {
 public:
  ConnectionTable(SilenceLimits limits, Shaper& shaper) : limits_(limits), shaper_(shaper) {}

  // Binds its paces too.
  void list(Connection& connection) {
    rows_.push_back(connection);
    bind(connection);
  }

  // Those of `link`, or all of them, by other limits.
  void limits_changed(const link::Link* link);

  // Ends the connections of `link`, for this reason.
  void end_all_of(const link::Link& link, std::string_view why, net::Runtime& runtime);

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

  void bind(Connection& connection) {
    shaper_.bind(connection.paces(), connection.link(), connection.client().address);
  }

  SilenceLimits limits_;
  Shaper& shaper_;
  boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>> rows_;
};

}  // namespace dispatch::proxy
