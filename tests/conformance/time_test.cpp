// The clock, and the tools that stand on it.
#include "engine/net/deadline.hpp"
#include "engine/net/task_group.hpp"
#include "tests/conformance/case.hpp"
#include "tests/conformance/tools.hpp"

namespace dispatch::conformance {
namespace {

net::Task<void> sleep_then(net::Clock& clock, net::Duration delay, std::vector<int>& order,
                           int number) {
  const auto error = co_await clock.sleep_for(delay);
  if (!error) order.push_back(number);
}

net::Task<void> fail_with(const char* what) {
  throw std::logic_error(what);
  co_return;
}

net::Task<net::Result<std::size_t>> wait_twice(net::Condition& condition) {
  for (int i = 0; i < 2; ++i) {
    const auto error = co_await condition.wait();
    if (error) co_return error;
  }
  co_return std::size_t{2};
}

void no_failure(std::exception_ptr) {
  BOOST_ERROR("a task failed");
}

BOOST_AUTO_TEST_SUITE(clocks)

CONFORMANCE_CASE(a_sleep_is_never_too_short) {
  auto& clock = world.client().clock();
  for (const net::Duration delay : {0ns, 1ns, 999'999ns, 1'000'001ns, 7'654'321ns}) {
    const auto before = clock.now();
    const auto error = co_await clock.sleep_for(delay);
    BOOST_TEST(!error);
    BOOST_TEST((clock.now() - before >= delay));
  }
}

CONFORMANCE_CASE(a_sleep_until_the_past_ends) {
  auto& clock = world.client().clock();
  const auto error = co_await clock.sleep_until(clock.now() - 1h);
  BOOST_TEST(!error);
}

CONFORMANCE_CASE(timers_expire_in_the_order_of_their_times) {
  auto& clock = world.client().clock();
  const auto start = clock.now();
  std::vector<int> order;
  std::vector<std::unique_ptr<net::Timer>> timers;
  for (const int number : {3, 1, 4, 0, 2}) {
    timers.push_back(clock.make_timer());
    const auto when = start + number * 10ms + 5ms;
    timers.back()->start(when, [&order, &clock, number, when] {
      BOOST_TEST((clock.now() >= when));
      order.push_back(number);
    });
  }
  co_await pause(world, 100ms);
  BOOST_TEST((order == std::vector{0, 1, 2, 3, 4}));
}

CONFORMANCE_CASE(a_timer_that_was_stopped_or_destroyed_stays_silent) {
  auto& clock = world.client().clock();
  int calls = 0;
  const auto stopped = clock.make_timer();
  auto destroyed = clock.make_timer();
  stopped->start(clock.now() - 1s, [&] { ++calls; });
  destroyed->start(clock.now() - 1s, [&] { ++calls; });
  BOOST_TEST(calls == 0);  // never from within start()
  stopped->stop();
  destroyed.reset();
  co_await pause(world, 30ms);
  BOOST_TEST(calls == 0);
}

CONFORMANCE_CASE(a_timer_that_is_started_again_expires_once_at_the_new_time) {
  auto& clock = world.client().clock();
  const auto timer = clock.make_timer();
  std::vector<int> calls;
  timer->start(clock.now() + 5ms, [&] { calls.push_back(1); });
  const auto when = clock.now() + 30ms;
  timer->start(when, [&] {
    calls.push_back(2);
    BOOST_TEST((clock.now() >= when));
  });
  co_await pause(world, 80ms);
  BOOST_TEST((calls == std::vector{2}));
}

CONFORMANCE_CASE(a_timer_may_be_started_from_its_own_call) {
  auto& clock = world.client().clock();
  const auto timer = clock.make_timer();
  int calls = 0;
  std::function<void()> again = [&] {
    if (++calls < 3) timer->start(clock.now() + 1ms, again);
  };
  timer->start(clock.now(), again);
  co_await pause(world, 80ms);
  BOOST_TEST(calls == 3);
}

CONFORMANCE_CASE(a_timer_may_be_destroyed_in_its_own_call) {
  auto& clock = world.client().clock();
  auto timer = clock.make_timer();
  bool called = false;
  timer->start(clock.now(), [&] {
    timer.reset();
    called = true;
  });
  co_await pause(world, 20ms);
  BOOST_TEST(called);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tasks)

CONFORMANCE_CASE(a_condition_wakes_its_waiters_in_their_order) {
  net::Condition condition(world.client().executor());
  Running<std::size_t> first(world.client(), as_result(condition.wait()));
  Running<std::size_t> second(world.client(), as_result(condition.wait()));
  co_await pause(world, 1ms);
  condition.notify_one();
  BOOST_TEST(!first.done());  // never from within the call
  co_await pause(world, 1ms);
  BOOST_TEST(first.done());
  BOOST_TEST(!second.done());
  condition.notify_all();
  co_await pause(world, 1ms);
  BOOST_TEST(second.done());
}

CONFORMANCE_CASE(a_notification_that_nobody_waits_for_is_not_kept) {
  net::Condition condition(world.client().executor());
  condition.notify_all();
  Running<std::size_t> waiting(world.client(), as_result(condition.wait()));
  co_await pause(world, 5ms);
  BOOST_TEST(!waiting.done());
  co_await waiting.stop();
}

CONFORMANCE_CASE(cancelling_the_outer_task_ends_the_operation_with_the_deadline) {
  auto& clock = world.client().clock();
  net::Condition condition(world.client().executor());
  Running<std::size_t> running(
      world.client(),
      net::with_deadline(clock, clock.now() + 1h,
                         net::with_deadline(clock, clock.now() + 2h, wait_twice(condition))));
  co_await pause(world, 1ms);
  condition.notify_all();
  co_await pause(world, 1ms);
  BOOST_TEST(!running.done());
  running.cancel();
  const auto result = co_await running.result();
  CHECK_ERROR(result, operation_canceled);
}

CONFORMANCE_CASE(a_group_waits_for_its_tasks) {
  auto& clock = world.client().clock();
  net::TaskGroup group(world.client().executor(), no_failure);
  std::vector<int> order;
  group.spawn(sleep_then(clock, 20ms, order, 2));
  group.spawn(sleep_then(clock, 5ms, order, 1));
  BOOST_TEST(group.size() == 2u);
  const auto error = co_await group.idle();
  BOOST_TEST(!error);
  BOOST_TEST((order == std::vector{1, 2}));
  BOOST_TEST(group.size() == 0u);
}

CONFORMANCE_CASE(a_cancelled_group_ends_without_a_failure) {
  auto& clock = world.client().clock();
  net::TaskGroup group(world.client().executor(), no_failure);
  std::vector<int> order;
  for (int i = 0; i < 3; ++i) group.spawn(sleep_then(clock, 1h, order, i));
  co_await pause(world, 5ms);
  group.cancel();
  const auto error = co_await group.idle();
  BOOST_TEST(!error);
  BOOST_TEST(order.empty());
}

CONFORMANCE_CASE(a_group_hears_of_an_exception_and_goes_on) {
  auto& clock = world.client().clock();
  std::vector<std::string> failures;
  net::TaskGroup group(world.client().executor(), [&](std::exception_ptr exception) {
    try {
      std::rethrow_exception(exception);
    } catch (const std::exception& bug) {
      failures.emplace_back(bug.what());
    }
  });
  std::vector<int> order;
  group.spawn(fail_with("a bug"));
  group.spawn(sleep_then(clock, 5ms, order, 1));
  const auto error = co_await group.idle();
  BOOST_TEST(!error);
  BOOST_TEST((failures == std::vector<std::string>{"a bug"}));
  BOOST_TEST(order.size() == 1u);
}

CONFORMANCE_CASE(entropy_does_not_repeat_itself) {
  auto& entropy = world.client().entropy();
  BOOST_TEST(entropy.next() != entropy.next());
  std::vector<std::byte> bytes(1000);
  entropy.fill(bytes);
  BOOST_TEST(std::ranges::count(bytes, std::byte{0}) < 50);
  co_return;
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace dispatch::conformance
