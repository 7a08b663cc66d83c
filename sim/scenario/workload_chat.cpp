// People who keep a connection open and write now and then.
#include "engine/traffic/conversation.hpp"
#include "sim/scenario/workload_kinds.hpp"

#include <utility>

namespace dispatch::scenario {
namespace {

using net::Task;

class ChatRun : public WorkloadRun {
 public:
  ChatRun(const WorkloadSpec& spec, WorkloadContext context)
      : WorkloadRun(spec, std::move(context)), chat_(std::get<ChatSpec>(spec.work)) {}

 private:
  std::string_view kind() const override { return "chat"; }

  Task<void> work() override {
    for (std::uint64_t user = 1; user <= chat_.users; ++user) spawn(write(user));
    co_await join();
  }

  Task<void> write(std::uint64_t user) {
    auto chance = random("writer", user);
    std::size_t current = 0;  // the record whose connection is made, if one is
    auto options = options_for(0);
    if (options.connected) {
      options.connected = [this, &current](const net::Endpoint& local) {
        record(current).link = context().link_of(local);
      };
    }
    traffic::Conversation conversation(machine(user - 1), std::move(options));
    std::string link;
    auto pause = chat_.users == 1 ? 0 : chance.below(chat_.every.next(chance) + 1);
    for (;;) {
      const Duration until_message(static_cast<Duration::rep>(pause));
      if (until_message >= chat_.until - now()) co_return;
      if (const auto error = co_await clock().sleep_for(until_message)) co_return;
      current = begin_record();
      record(current).link = conversation.is_open() ? link : "";
      const auto index = current;
      const auto result =
          co_await conversation.exchange(chat_.message.next(chance), deadline_after(chat_.timeout));
      fill_record(index, result);
      link = record(index).link;
      end_record(index);
      pause = chat_.every.next(chance);
    }
  }

  const ChatSpec& chat_;
};

}  // namespace

std::unique_ptr<WorkloadRun> make_chat_run(const WorkloadSpec& spec, WorkloadContext context) {
  return std::make_unique<ChatRun>(spec, std::move(context));
}

}  // namespace dispatch::scenario
