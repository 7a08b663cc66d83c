#include "engine/net/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <utility>
#include <vector>

namespace dispatch::net {
struct TaskGroup::Member {
  asio::cancellation_signal cancel;
  std::list<std::shared_ptr<Member>>::iterator position;
  TaskGroup* group = nullptr;  // null once the group is gone
};

TaskGroup::TaskGroup(asio::any_io_executor executor, std::function<void(std::exception_ptr)> failed)
    : executor_(executor), failed_(std::move(failed)), emptied_(std::move(executor)) {}

TaskGroup::~TaskGroup() {
  for (auto& member : members_) member->group = nullptr;
}

void TaskGroup::spawn(Task<void> task) {
  auto member = std::make_shared<Member>();
  member->group = this;
  member->position = members_.insert(members_.end(), member);
  auto ended = [member](std::exception_ptr exception) {
    auto* group = member->group;
    if (group == nullptr) return;
    group->members_.erase(member->position);
    if (exception && group->failed_ && !is_cancellation(exception)) group->failed_(exception);
    if (group->members_.empty()) group->emptied_.notify_all();
  };
  asio::co_spawn(executor_, std::move(task),
                 asio::bind_cancellation_slot(member->cancel.slot(), std::move(ended)));
}

void TaskGroup::cancel() {
  // A copy: a task that ends takes itself off the list.
  const std::vector<std::shared_ptr<Member>> now(members_.begin(), members_.end());
  for (const auto& member : now) member->cancel.emit(asio::cancellation_type::terminal);
}

Task<Status> TaskGroup::idle() {
  while (!members_.empty()) {
    if (const auto error = co_await emptied_.wait()) co_return error;
  }
  co_return Status{};
}

}  // namespace dispatch::net
