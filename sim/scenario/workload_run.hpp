// A workload at work: client programs of a machine, or of the clients in its network.
#pragma once

#include "engine/net/byte_counter.hpp"
#include "engine/net/runtime.hpp"
#include "engine/net/task_group.hpp"
#include "engine/traffic/transfer.hpp"
#include "sim/core/random.hpp"
#include "sim/scenario/result.hpp"
#include "sim/scenario/scenario.hpp"

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace dispatch::scenario {

class FleetPrograms;

// Where it runs and what it is pointed at.
struct WorkloadContext {
  std::vector<net::Runtime*> machines;  // at least one; they take turns
  net::Endpoint proxy;
  std::optional<proxy::proxy_protocol::Version> announce;  // as of traffic::TransferOptions
  std::shared_ptr<const tls::Context> tls;
  proxy::Target target;
  net::Runtime* peer;              // of a stream: the host that records it
  std::vector<std::string> links;  // of the machine
  const std::vector<UserSpec>& users;
  traffic::Content content = traffic::Content::checked;
  // Of the proxy's client at that endpoint: the name of its connection's link.
  std::function<std::string(const net::Endpoint& client)> link_of;
  std::function<sim::Random(std::string_view name)> random;  // streams of the simulation
  const FleetPrograms* fleet = nullptr;                      // null: there is none
};

class WorkloadRun {
 public:
  WorkloadRun(const WorkloadSpec& spec, WorkloadContext context);
  virtual ~WorkloadRun() = default;
  WorkloadRun(const WorkloadRun&) = delete;
  WorkloadRun& operator=(const WorkloadRun&) = delete;

  // From its beginning to its end. Exceptions are bugs.
  net::Task<void> run();

  void sample(Duration at) { series_.push_back(now_at(at)); }
  WorkloadSample now_at(Duration at) const;
  // What there is to tell. Transfers that have not ended count as failed.
  WorkloadResult result(Duration end) const;

 protected:
  struct Attempts {
    Bytes size;
    bool upload = false;
    Duration timeout = Duration::max();
    Duration stall_timeout = Duration::max();
    std::uint64_t retries = 0;
    Duration retry_delay{};
  };

  // Makes every transfer and waits for them.
  virtual net::Task<void> work() = 0;
  virtual std::string_view kind() const = 0;
  // How many there should have been when the run stopped at `end`; at least those there were.
  virtual std::uint64_t transfers_due(Duration) const { return 0; }
  // Figures that only this kind has.
  virtual void add_figures(WorkloadResult&, Duration /*end*/) const {}

  // One transfer with its retries, recorded.
  net::Task<void> transfer(Attempts attempts);

  // Records of what is made otherwise.
  std::size_t begin_record();
  // As the result of an attempt has it.
  void fill_record(std::size_t index, const traffic::TransferResult& result);
  void end_record(std::size_t index);
  TransferRecord& record(std::size_t index) { return records_[index]; }
  std::size_t records() const { return records_.size(); }

  // Without sizes and deadline. The record hears which link its connection is given.
  traffic::TransferOptions options_for(std::size_t record);
  net::ByteCounter& moved() { return moved_; }
  const WorkloadContext& context() const { return context_; }
  const proxy::socks5::Credentials* credentials() const;

  // The machine whose turn it is.
  net::Runtime& machine(std::size_t turn) const {
    return *context_.machines[turn % context_.machines.size()];
  }
  // A stream of its own.
  sim::Random random(std::string_view what, std::uint64_t number = 0) const;

  // Runs beside work(); join() waits for all.
  void spawn(net::Task<void> task) { tasks_.spawn(std::move(task)); }
  net::Task<void> join();
  net::Clock& clock() const { return machine(0).clock(); }
  Duration now() const;
  net::TimePoint deadline_after(Duration timeout) const;

  const WorkloadSpec& spec_;

 private:
  WorkloadContext context_;
  std::optional<proxy::socks5::Credentials> credentials_;
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
