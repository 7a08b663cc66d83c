// People who read pages.
#include "sim/scenario/workload_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dispatch::scenario {
namespace {

using net::Task;

class BrowseRun : public WorkloadRun {
 public:
  BrowseRun(const WorkloadSpec& spec, WorkloadContext context)
      : WorkloadRun(spec, std::move(context)), browse_(std::get<BrowseSpec>(spec.work)) {}

 private:
  // A page that is being loaded.
  struct Page {
    std::size_t record = 0;
    net::TimePoint deadline;
    std::vector<std::uint64_t> sizes;  // of its objects
    std::size_t next = 0;              // that nobody loads yet
    bool intact = true;
    std::string failure;
  };

  std::string_view kind() const override { return "browse"; }
  std::uint64_t transfers_due(Duration) const override { return browse_.users * browse_.pages; }

  Task<void> work() override {
    for (std::uint64_t user = 1; user <= browse_.users; ++user) spawn(read(user));
    co_await join();
  }

  Task<void> read(std::uint64_t user) {
    auto chance = random("reader", user);
    for (std::uint64_t n = 0; browse_.pages == 0 || n < browse_.pages; ++n) {
      // Not all begin at once.
      auto pause = browse_.think.next(chance);
      if (n == 0) pause = browse_.users == 1 ? 0 : chance.below(pause + 1);
      const Duration until_page(static_cast<Duration::rep>(pause));
      if (browse_.pages == 0 && until_page >= browse_.until - now()) co_return;
      if (const auto error = co_await clock().sleep_for(until_page)) co_return;
      co_await load_page(user, chance);
    }
  }

  Task<void> load_page(std::uint64_t user, sim::Random& chance) {
    Page page;
    page.record = begin_record();
    page.deadline = deadline_after(browse_.timeout);
    const auto document = browse_.document.next(chance);
    const auto objects = browse_.objects.next(chance);
    for (std::uint64_t i = 0; i < objects; ++i) page.sizes.push_back(browse_.size.next(chance));
    auto& runtime = machine(user - 1);
    const auto result = co_await load(runtime, page, document, "the document");
    record(page.record).connected = connected_of(result);
    record(page.record).first_byte = first_byte_of(result);
    if (page.failure.empty()) {
      std::exception_ptr bug;
      net::TaskGroup lanes(runtime.executor(), [&bug](std::exception_ptr each) { bug = each; });
      const auto count = std::min<std::size_t>(browse_.parallel, page.sizes.size());
      for (std::size_t i = 0; i < count; ++i) lanes.spawn(lane(runtime, page));
      co_await lanes.idle();
      if (bug) std::rethrow_exception(bug);
    }
    auto& done = record(page.record);
    done.ended = now();
    done.completed = page.failure.empty();
    done.intact = done.completed && page.intact;
    done.failure = page.failure;
    end_record(page.record);
  }

  Task<void> lane(net::Runtime& runtime, Page& page) {
    while (page.next < page.sizes.size() && page.failure.empty()) {
      const auto number = page.next++;
      co_await load(runtime, page, page.sizes[number], fmt::format("object {}", number + 1));
    }
  }

  Task<traffic::TransferResult> load(net::Runtime& runtime, Page& page, std::uint64_t bytes,
                                     std::string what) {
    auto options = options_for(page.record);
    options.download_bytes = bytes;
    options.deadline = page.deadline;
    const auto result = co_await traffic::transfer(runtime, std::move(options));
    auto& page_record = record(page.record);
    page_record.bytes += result.bytes;
    if (result.last_byte) page_record.last_byte = result.last_byte->time_since_epoch();
    page.intact = page.intact && result.intact;
    if (result.error && page.failure.empty()) {
      page.failure = fmt::format("{}: {}", what, result.failure);
    }
    co_return result;
  }

  static std::optional<Duration> connected_of(const traffic::TransferResult& result) {
    if (!result.connected) return std::nullopt;
    return result.connected->time_since_epoch();
  }
  static std::optional<Duration> first_byte_of(const traffic::TransferResult& result) {
    if (!result.first_byte) return std::nullopt;
    return result.first_byte->time_since_epoch();
  }

  const BrowseSpec& browse_;
};

}  // namespace

std::unique_ptr<WorkloadRun> make_browse_run(const WorkloadSpec& spec, WorkloadContext context) {
  return std::make_unique<BrowseRun>(spec, std::move(context));
}

}  // namespace dispatch::scenario
