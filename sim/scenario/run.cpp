#include "sim/scenario/run.hpp"

#include "sim/scenario/session.hpp"

namespace dispatch::scenario {

Result run(const Scenario& scenario, const RunOptions& options) {
  Session session(scenario, options);
  session.advance_to_end();
  return session.finish();
}

}  // namespace dispatch::scenario
