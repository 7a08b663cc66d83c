#include "sim/link/queue_discipline.hpp"

#include "sim/core/random.hpp"
#include "sim/link/codel_queue.hpp"
#include "sim/link/drop_tail_queue.hpp"
#include "sim/link/fq_codel_queue.hpp"
#include "sim/link/red_queue.hpp"

namespace dispatch::sim {
namespace {

struct Make {
  net::Duration packet_time;
  Random& random;

  std::unique_ptr<QueueDiscipline> operator()(const QueueLimit& limit) const {
    return std::make_unique<DropTailQueue>(limit);
  }
  std::unique_ptr<QueueDiscipline> operator()(const Codel& options) const {
    return std::make_unique<CodelQueue>(options);
  }
  std::unique_ptr<QueueDiscipline> operator()(const FqCodel& options) const {
    return std::make_unique<FqCodelQueue>(options, random.next());
  }
  std::unique_ptr<QueueDiscipline> operator()(const Red& options) const {
    return std::make_unique<RedQueue>(options, packet_time, random);
  }
};

}  // namespace

std::unique_ptr<QueueDiscipline> make_queue(const QueueModel& model, net::Duration packet_time,
                                            Random& random) {
  return std::visit(Make{packet_time, random}, model);
}

}  // namespace dispatch::sim
