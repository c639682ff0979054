#include "harness/streaming/apart.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <string_view>
#include <system_error>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr int kLookAtStopApartMs = 50;
constexpr char kAnswered = 'A', kThrew = 'E';

void write_message(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = ::write(descriptor, text.data(), text.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return;  // the parent is gone
    text.remove_prefix(static_cast<std::size_t>(done));
  }
}

[[noreturn]] void work_as_child(const std::function<std::string()>& work, int descriptor,
                                pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it died before that was said
  // What a terminal sends to both, the parent answers.
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGTERM, SIG_IGN);
  std::string message;
  try {
    message = kAnswered + work();
  } catch (const std::exception& error) {
    message = std::string(1, kThrew) + error.what();
  }
  write_message(descriptor, message);
  ::_exit(0);
}

/// Everything until the other end closes, or `stop`.
std::string read_message(int descriptor, const std::atomic<bool>& stop) {
  std::string text;
  std::array<char, 65536> piece{};
  while (!stop.load()) {
    pollfd ready{.fd = descriptor, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, kLookAtStopApartMs) <= 0) continue;
    const ssize_t got = ::read(descriptor, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  return text;
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

ApartResult run_apart(const std::function<std::string()>& work, const std::atomic<bool>& stop) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw Error("no pipe can be made: " + std::generic_category().message(errno));
  }
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) {
    const int code = errno;
    ::close(ends[0]);
    ::close(ends[1]);
    throw Error("no process can be made: " + std::generic_category().message(code));
  }
  if (child == 0) {
    ::close(ends[0]);
    work_as_child(work, ends[1], parent);
  }
  ::close(ends[1]);
  ApartResult result;
  const std::string text = read_message(ends[0], stop);
  ::close(ends[0]);
  if (stop.load()) ::kill(child, SIGKILL);
  const int status = wait_for(child);
  result.stopped = stop.load();
  if (result.stopped) return result;
  if (WIFSIGNALED(status)) {
    result.signal = WTERMSIG(status);
  } else if (text.starts_with(kAnswered)) {
    result.answer = text.substr(1);
  } else {
    result.problem = text.empty() ? "the process ended without an answer" : text.substr(1);
  }
  return result;
}

}  // namespace ridgepoint
