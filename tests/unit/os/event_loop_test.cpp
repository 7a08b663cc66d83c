// What the loop adds to Asio: waits that cost no system call must not miss anything for it.
#include "engine/os/event_loop.hpp"

#include "engine/net/condition.hpp"
#include "engine/net/deadline.hpp"
#include "engine/os/clock.hpp"
#include "engine/os/socket.hpp"
#include "engine/os/steady_time.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace dispatch::os {
namespace {

using namespace std::chrono_literals;
using For = Socket::For;

constexpr auto kLimit = 10s;

std::pair<FileDescriptor, FileDescriptor> local_pair() {
  std::array<int, 2> ends{};
  BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

// TCP over loopback, connected.
std::pair<FileDescriptor, FileDescriptor> tcp_pair() {
  FileDescriptor listener(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  BOOST_REQUIRE(::bind(listener.get(), any, size) == 0);
  BOOST_REQUIRE(::listen(listener.get(), 1) == 0);
  BOOST_REQUIRE(::getsockname(listener.get(), any, &size) == 0);
  FileDescriptor client(::socket(AF_INET, SOCK_STREAM, 0));
  BOOST_REQUIRE(::connect(client.get(), any, size) == 0);
  FileDescriptor server(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK));
  BOOST_REQUIRE(server);
  return {std::move(client), std::move(server)};
}

void send_to(const FileDescriptor& to, const std::string& text, int flags = 0) {
  BOOST_REQUIRE(::send(to.get(), text.data(), text.size(), flags) ==
                static_cast<ssize_t>(text.size()));
}

// One attempt, as a stream makes it. "-": it would have blocked.
std::string try_to_read(Socket& socket, std::size_t most = 100) {
  std::array<char, 100> buffer{};
  const auto got = ::recv(socket.get(), buffer.data(), most, 0);
  if (got < 0) {
    socket.would_block(For::reading);
    return errno == EAGAIN ? "-" : "?";
  }
  if (static_cast<std::size_t>(got) < most) socket.is_drained();
  return std::string(buffer.data(), static_cast<std::size_t>(got));
}

// Whether a wait ends before `limit`. One that does not goes on.
bool ends(EventLoop& loop, Socket& socket, For what, net::Duration limit = kLimit) {
  const auto ended = std::make_shared<bool>(false);
  socket.async_wait(what, [&loop, ended](const net::Error& error) {
    *ended = !error;
    loop.stop();
  });
  BOOST_TEST(!*ended);  // never from within
  loop.run_for(limit);
  loop.restart();
  return *ended;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(event_loop)

BOOST_AUTO_TEST_CASE(a_wait_ends_when_there_is_something_to_read) {
  EventLoop loop;
  auto [peer, ours] = local_pair();
  Socket socket(loop, std::move(ours));
  BOOST_TEST(try_to_read(socket) == "-");
  send_to(peer, "word");
  BOOST_TEST(ends(loop, socket, For::reading));
  BOOST_TEST(try_to_read(socket) == "word");
}

BOOST_AUTO_TEST_CASE(what_came_before_the_wait_ends_it) {
  EventLoop loop;
  auto [peer, ours] = local_pair();
  Socket socket(loop, std::move(ours));
  send_to(peer, "word");
  loop.run_for(1ms);  // nobody waits when the kernel says so
  loop.restart();
  BOOST_TEST(ends(loop, socket, For::reading));
}

BOOST_AUTO_TEST_CASE(what_was_left_unread_ends_the_next_wait) {
  EventLoop loop;
  auto [peer, ours] = local_pair();
  Socket socket(loop, std::move(ours));
  send_to(peer, "two words");
  BOOST_TEST(ends(loop, socket, For::reading));
  BOOST_TEST(try_to_read(socket, 3) == "two");
  BOOST_TEST(ends(loop, socket, For::reading));
}

BOOST_AUTO_TEST_CASE(an_empty_socket_keeps_a_wait_waiting) {
  EventLoop loop;
  auto [peer, ours] = local_pair();
  Socket socket(loop, std::move(ours));
  send_to(peer, "word");
  BOOST_TEST(ends(loop, socket, For::reading));
  BOOST_TEST(try_to_read(socket) == "word");
  BOOST_TEST(!ends(loop, socket, For::reading, 20ms));
}

// Both came with one event, and the read that takes the data is short.
BOOST_AUTO_TEST_CASE(an_end_that_came_with_the_last_data_is_heard_of) {
  EventLoop loop;
  auto [peer, ours] = tcp_pair();
  Socket socket(loop, std::move(ours));
  BOOST_TEST(try_to_read(socket) == "-");
  send_to(peer, "the last");
  peer.reset();
  BOOST_TEST(ends(loop, socket, For::reading));
  BOOST_TEST(try_to_read(socket) == "the last");
  BOOST_TEST(ends(loop, socket, For::reading));
  BOOST_TEST(try_to_read(socket).empty());
}

// recv(2) stops at the urgent byte: a short read, and yet there is more.
BOOST_AUTO_TEST_CASE(what_follows_urgent_data_is_heard_of) {
  EventLoop loop;
  auto [peer, ours] = tcp_pair();
  Socket socket(loop, std::move(ours));
  BOOST_TEST(try_to_read(socket) == "-");
  send_to(peer, "before");
  send_to(peer, "!", MSG_OOB);
  send_to(peer, "after");
  BOOST_TEST(ends(loop, socket, For::reading));
  BOOST_TEST(try_to_read(socket) == "before");
  BOOST_TEST(ends(loop, socket, For::reading));
  BOOST_TEST(try_to_read(socket) == "after");
}

BOOST_AUTO_TEST_CASE(a_wait_for_room_ends_when_the_peer_has_read) {
  EventLoop loop;
  auto [peer, ours] = local_pair();
  Socket socket(loop, std::move(ours));
  BOOST_TEST(ends(loop, socket, For::writing));
  const std::string much(100'000, 'x');
  while (::send(socket.get(), much.data(), much.size(), 0) > 0) {
  }
  socket.would_block(For::writing);
  BOOST_TEST(!ends(loop, socket, For::writing, 20ms));
  socket.would_block(For::writing);
  std::string taken(much.size(), ' ');
  while (::recv(peer.get(), taken.data(), taken.size(), 0) > 0) {
  }
  loop.run_for(20ms);  // the wait of before ends
  loop.restart();
  BOOST_TEST(ends(loop, socket, For::writing));
}

// A descriptor's number is used anew at once; what the kernel says of the old file must not reach
// the socket that has the number now.
BOOST_AUTO_TEST_CASE(a_duplicate_of_a_closed_socket_is_not_mistaken_for_the_next_one) {
  EventLoop loop;
  auto [peer, first] = local_pair();
  const FileDescriptor duplicate(::dup(first.get()));
  auto one = std::make_unique<Socket>(loop, std::move(first));
  one->close();
  auto [other_peer, second] = local_pair();
  Socket socket(loop, std::move(second));
  send_to(peer, "for the duplicate");
  BOOST_TEST(!ends(loop, socket, For::reading, 20ms));
}

BOOST_AUTO_TEST_CASE(closing_a_socket_ends_its_waits) {
  EventLoop loop;
  auto [peer, ours] = local_pair();
  Socket socket(loop, std::move(ours));
  net::Error heard;
  socket.async_wait(For::reading, [&](const net::Error& error) { heard = error; });
  socket.close();
  BOOST_TEST(!heard);
  loop.run();
  BOOST_TEST(net::is_cancelled(heard));
}

BOOST_AUTO_TEST_CASE(a_socket_may_be_destroyed_by_what_it_has_woken) {
  EventLoop loop;
  auto [peer, ours] = local_pair();
  auto socket = std::make_unique<Socket>(loop, std::move(ours), For::writing);
  bool read = false;
  socket->async_wait(For::reading, [&](const net::Error&) {
    read = true;
    socket.reset();
  });
  net::Error wrote;
  socket->async_wait(For::writing, [&](const net::Error& error) { wrote = error; });
  send_to(peer, "word");
  // Of both directions in one event.
  loop.run();
  BOOST_TEST(read);
  BOOST_TEST(net::is_cancelled(wrote));
}

BOOST_AUTO_TEST_CASE(a_wait_may_end_at_the_same_moment_by_its_deadline_and_by_that_around_it) {
  EventLoop loop;
  Clock clock(loop);
  auto [ours, theirs] = local_pair();
  Socket socket(loop, std::move(ours));
  const auto deadline = steady_now() + 20ms;
  std::optional<net::Ended> ended;
  const auto wait = [&]() -> net::Task<void> {
    (void)co_await socket.wait(For::reading, deadline);
  };
  const auto run = [&]() -> net::Task<void> {
    ended = co_await net::run_until(clock, deadline, wait());
    loop.stop();
  };
  net::asio::co_spawn(loop.executor(), run(), net::asio::detached);
  loop.run_for(kLimit);
  BOOST_REQUIRE(ended.has_value());
  BOOST_TEST((*ended == net::Ended::at_deadline));
}

BOOST_AUTO_TEST_CASE(work_from_another_thread_wakes_it) {
  EventLoop loop;
  const auto executor = net::asio::any_io_executor(loop.executor());
  bool done = false;
  const auto began = steady_now();
  std::thread other;
  net::asio::post(executor, [&] {
    other = std::thread([&, work = net::asio::make_work_guard(executor)] {
      std::this_thread::sleep_for(20ms);  // it has nothing to do by then
      net::asio::post(executor, [&] {
        done = true;
        loop.stop();
      });
    });
  });
  loop.run_for(kLimit);
  other.join();
  BOOST_TEST(done);
  BOOST_TEST((steady_now() - began < kLimit / 2));
}

BOOST_AUTO_TEST_CASE(it_ends_when_nothing_is_left_to_do_and_not_before) {
  EventLoop loop;
  Clock clock(loop);
  int steps = 0;
  const auto two_naps = [&]() -> net::Task<void> {
    for (; steps < 2; ++steps) co_await clock.sleep_for(5ms);
  };
  net::asio::co_spawn(loop.executor(), two_naps(), net::asio::detached);
  loop.run();
  BOOST_TEST(steps == 2);

  loop.restart();
  const auto timer = clock.make_timer();
  bool rang = false;
  timer->start(clock.now() + 5ms, [&] { rang = true; });
  loop.run();
  BOOST_TEST(rang);
}

BOOST_AUTO_TEST_CASE(who_gives_way_without_end_does_not_keep_others_from_going) {
  EventLoop loop;
  Clock clock(loop);
  bool over = false;
  std::size_t rounds = 0;
  const auto busy = [&]() -> net::Task<void> {
    while (!over && rounds < 100'000'000) {
      ++rounds;
      co_await loop.yield();
    }
  };
  const auto other = [&]() -> net::Task<void> {
    co_await clock.sleep_for(5ms);
    over = true;
  };
  net::asio::co_spawn(loop.executor(), busy(), net::asio::detached);
  net::asio::co_spawn(loop.executor(), other(), net::asio::detached);
  loop.run_for(kLimit);
  BOOST_TEST(over);
  BOOST_TEST(rounds > 1u);
}

// Waiting tasks own the sockets that they wait for, and each other.
BOOST_AUTO_TEST_CASE(tasks_that_wait_go_with_it) {
  auto witness = std::make_shared<int>(0);
  const std::weak_ptr<int> gone = witness;
  {
    EventLoop loop;
    auto [peer, ours] = local_pair();
    const auto waits = [](EventLoop& events, FileDescriptor descriptor,
                          std::shared_ptr<int> held) -> net::Task<void> {
      Socket socket(events, std::move(descriptor));
      static_cast<void>(co_await socket.wait(For::reading));
      ++*held;
    };
    net::asio::co_spawn(loop.executor(), waits(loop, std::move(ours), std::move(witness)),
                        net::asio::detached);
    loop.run_for(1ms);
    BOOST_TEST(!gone.expired());
  }
  BOOST_TEST(gone.expired());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace dispatch::os
