// A workload at work: client programs of the machine.
#pragma once

#include "engine/net/byte_counter.hpp"
#include "engine/net/runtime.hpp"
#include "engine/net/task_group.hpp"
#include "engine/traffic/transfer.hpp"
#include "sim/scenario/result.hpp"
#include "sim/scenario/scenario.hpp"

#include <memory>

namespace dispatch::scenario {

// Where it runs and what it is pointed at.
struct WorkloadContext {
  net::Runtime& machine;
  net::Endpoint proxy;
  std::optional<proxy::proxy_protocol::Version> announce;  // as of traffic::TransferOptions
  std::shared_ptr<const tls::Context> tls;
  proxy::Target target;
  const std::vector<UserSpec>& users;
  traffic::Content content = traffic::Content::checked;
};

class WorkloadRun {
 public:
  WorkloadRun(const WorkloadSpec& spec, WorkloadContext context);
  virtual ~WorkloadRun() = default;
  WorkloadRun(const WorkloadRun&) = delete;
  WorkloadRun& operator=(const WorkloadRun&) = delete;

  // From its beginning to its end. Exceptions are bugs.
  net::Task<void> run();

  void sample(Duration at);
  // What there is to tell. Transfers that have not ended count as failed.
  WorkloadResult result(Duration end) const;

 protected:
  struct Attempts {
    Bytes size;
    bool upload = false;
    Via via = Via::socks5;
    Duration timeout{};
    Duration stall_timeout = Duration::max();
    std::uint64_t retries = 0;
    Duration retry_delay{};
    std::string user;
  };

  // Makes every transfer and waits for them.
  virtual net::Task<void> work() = 0;
  // How many there should have been when the run stopped at `end`.
  virtual std::uint64_t transfers_due(Duration end) const = 0;

  // One transfer with its retries, recorded.
  net::Task<void> transfer(const Attempts& attempts);
  // Runs beside work(); join() waits for all.
  void spawn(net::Task<void> task) { tasks_.spawn(std::move(task)); }
  net::Task<void> join();
  net::Clock& clock() { return context_.machine.clock(); }
  Duration now() const;

  const WorkloadSpec& spec_;

 private:
  traffic::TransferOptions options_for(const Attempts& attempts);

  WorkloadContext context_;
  net::ByteCounter moved_;
  std::exception_ptr bug_;
  net::TaskGroup tasks_;
  std::vector<TransferRecord> records_;
  std::vector<bool> ended_;  // beside records_
  std::vector<WorkloadSample> series_;
  std::uint64_t completed_ = 0;
  std::uint64_t failed_ = 0;
  std::optional<Duration> finished_;
};

std::unique_ptr<WorkloadRun> make_workload_run(const WorkloadSpec& spec, WorkloadContext context);

}  // namespace dispatch::scenario
