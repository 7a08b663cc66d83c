#include "engine/os/signals.hpp"

#include "engine/os/runtime.hpp"
#include "engine/os/socket.hpp"

#include <boost/system/system_error.hpp>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <initializer_list>
#include <stdexcept>
#include <unistd.h>
#include <utility>
#include <vector>

namespace dispatch::os {
namespace {

constexpr std::size_t kSignalsMost = 65;  // 1 to SIGRTMAX

// Where the handler leaves what has come, by signal: a descriptor and one; 0: nobody wants to know.
std::array<std::atomic<int>, kSignalsMost> mailboxes;

void post_signal(int number) {
  const int saved = errno;
  const auto letter = static_cast<unsigned char>(number);
  const int to = mailboxes[letter].load(std::memory_order_relaxed) - 1;
  // Where it is full, so many have come that one more says nothing new.
  static_cast<void>(!::write(to, &letter, 1));
  errno = saved;
}

std::pair<FileDescriptor, FileDescriptor> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0) {
    throw boost::system::system_error(last_error(), "pipe2");
  }
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

// Signals as letters in a pipe, which the loop can wait for.
class Mailbox {
 public:
  // Of each signal the process has one at a time.
  Mailbox(EventLoop& loop, std::initializer_list<int> signals) : Mailbox(loop, make_pipe()) {
    for (const int number : signals) take(number);
  }
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  ~Mailbox() {
    for (const auto& [number, action] : before_) {
      ::sigaction(number, &action, nullptr);
      mailboxes[static_cast<std::size_t>(number)] = 0;
    }
  }

  net::Task<net::Result<int>> next() {
    for (;;) {
      unsigned char letter = 0;
      const auto got = ::read(letters_.get(), &letter, 1);
      if (got == 1) co_return letter;
      if (got < 0 && errno == EINTR) continue;
      letters_.would_block(Socket::For::reading);
      if (const auto error = co_await letters_.wait(Socket::For::reading)) co_return error;
    }
  }

 private:
  Mailbox(EventLoop& loop, std::pair<FileDescriptor, FileDescriptor> ends)
      : letters_(loop, std::move(ends.first)), slot_(std::move(ends.second)) {}

  void take(int number) {
    int nobody = 0;
    auto& mailbox = mailboxes[static_cast<std::size_t>(number)];
    if (!mailbox.compare_exchange_strong(nobody, slot_.get() + 1)) {
      throw std::logic_error("somebody else hears of this signal already");
    }
    struct sigaction action {};
    action.sa_handler = post_signal;
    action.sa_flags = SA_RESTART;
    auto& [of, before] = before_.emplace_back(number, action);
    ::sigaction(of, &action, &before);
  }

  Socket letters_;
  FileDescriptor slot_;
  std::vector<std::pair<int, struct sigaction>> before_;
};

bool has_terminal() {
  const FileDescriptor terminal(::open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  return static_cast<bool>(terminal);
}

// What nohup(1) asks for: the end of the terminal is not to end the process.
bool outlives_terminal() {
  struct sigaction now {};
  return ::sigaction(SIGHUP, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace

struct Signals::Set : Mailbox {
  using Mailbox::Mailbox;
};

Signals::Signals(Runtime& runtime) : set_(new Set(runtime.events(), {SIGINT, SIGTERM})) {}
Signals::~Signals() = default;

net::Task<net::Result<int>> Signals::next() {
  return set_->next();
}

struct Hangups::Set {
  explicit Set(EventLoop& loop)
      : of_terminal(has_terminal() && !outlives_terminal()), mailbox(loop, {SIGHUP}) {}
  bool of_terminal;
  Mailbox mailbox;
};

Hangups::Hangups(Runtime& runtime) : set_(std::make_unique<Set>(runtime.events())) {}
Hangups::~Hangups() = default;

net::Task<net::Status> Hangups::next() {
  for (;;) {
    const auto number = co_await set_->mailbox.next();
    if (!number) co_return number.error();
    if (!set_->of_terminal || has_terminal()) co_return net::Status{};
    std::raise(SIGTERM);
  }
}

}  // namespace dispatch::os
