// The kinds of workloads. Internal to make_workload_run.
#pragma once

#include "sim/scenario/workload_run.hpp"

#include <memory>

namespace dispatch::scenario {

std::unique_ptr<WorkloadRun> make_bulk_run(const WorkloadSpec& spec, WorkloadContext context);
std::unique_ptr<WorkloadRun> make_requests_run(const WorkloadSpec& spec, WorkloadContext context);
std::unique_ptr<WorkloadRun> make_browse_run(const WorkloadSpec& spec, WorkloadContext context);
std::unique_ptr<WorkloadRun> make_chat_run(const WorkloadSpec& spec, WorkloadContext context);
std::unique_ptr<WorkloadRun> make_video_run(const WorkloadSpec& spec, WorkloadContext context);
std::unique_ptr<WorkloadRun> make_call_run(const WorkloadSpec& spec, WorkloadContext context);
std::unique_ptr<WorkloadRun> make_stream_run(const WorkloadSpec& spec, WorkloadContext context);
std::unique_ptr<WorkloadRun> make_execute_run(const WorkloadSpec& spec, WorkloadContext context);

}  // namespace dispatch::scenario
