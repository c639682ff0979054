#include "harness/ab/child_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "profiler/clock/monotonic_clock.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kMostOutputBytes = std::size_t{64} << 20;
constexpr std::size_t kLongestLastWords = 200;
// How often a stop asked for meanwhile is looked for; and, where the kernel (before 5.3) does not
// announce the end of a process, how exactly that is seen.
constexpr int kLookAtStopMs = 50;
constexpr int kLookAtEndMs = 1;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

class SpawnSettings {
 public:
  SpawnSettings() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

std::int64_t to_ns(const timeval& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::int64_t>(time.tv_usec) * 1'000;
}

[[noreturn]] void cannot_start(const std::string& program, int code) {
  throw Error(fmt::format("cannot start '{}': {}", program, std::strerror(code)));
}

pid_t start(const ChildProgramOptions& options, int output) {
  SpawnSettings settings;
  ::posix_spawn_file_actions_addopen(&settings.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&settings.actions, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&settings.actions, output, STDERR_FILENO);
  if (!options.working_directory.empty()) {
    ::posix_spawn_file_actions_addchdir_np(&settings.actions, options.working_directory.c_str());
  }
  // A group of its own, so that Ctrl-C reaches us alone and all of it can be killed; signals as if
  // started from a shell.
  ::posix_spawnattr_setflags(
      &settings.attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  ::posix_spawnattr_setpgroup(&settings.attributes, 0);
  sigset_t signals;
  sigemptyset(&signals);
  ::posix_spawnattr_setsigmask(&settings.attributes, &signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT}) sigaddset(&signals, number);
  ::posix_spawnattr_setsigdefault(&settings.attributes, &signals);

  std::vector<char*> argv;
  for (const auto& argument : options.arguments)
    argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, argv.front(), &settings.actions, &settings.attributes,
                                    argv.data(), environ);
  if (failed != 0) cannot_start(options.arguments.front(), failed);
  return child;
}

/// Returns whether more may come.
bool read_some(int fd, std::string& output) {
  std::array<char, 65536> piece{};
  const ssize_t got = ::read(fd, piece.data(), piece.size());
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  if (got == 0) return false;
  const auto room = kMostOutputBytes - std::min(kMostOutputBytes, output.size());
  output.append(piece.data(), std::min(room, static_cast<std::size_t>(got)));
  return true;
}

bool has_ended(pid_t child) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid != 0;
}

void describe_end(int status, ChildProgramResult& result) {
  if (WIFEXITED(status)) {
    result.exit_code = WEXITSTATUS(status);
    if (result.exit_code != 0) result.ended = fmt::format("exit code {}", result.exit_code);
  } else {
    const char* const name = ::sigabbrev_np(WTERMSIG(status));
    result.ended =
        name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", WTERMSIG(status));
  }
}

}  // namespace

ChildProgramResult run_child_program(const ChildProgramOptions& options,
                                     const std::atomic<bool>& stop) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) cannot_start(options.arguments.front(), errno);
  Descriptor ours(pipe[0]);
  Descriptor theirs(pipe[1]);
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);

  ChildProgramResult result;
  result.started_unix_ns = unix_ns();
  const auto start_ns = monotonic_ns();
  const pid_t child = start(options, theirs.get());
  theirs.close();
  const Descriptor ended(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  const auto limit_ns = start_ns + static_cast<std::int64_t>(options.time_limit_seconds * 1e9);

  std::string killed;
  bool reading = true;
  // Until the process has ended, not until its output has: what it left behind may hold that open.
  while (!has_ended(child)) {
    std::array<pollfd, 2> watched{
        {{reading ? ours.get() : -1, POLLIN, 0}, {ended.get(), POLLIN, 0}}};
    ::poll(watched.data(), watched.size(), ended.get() < 0 ? kLookAtEndMs : kLookAtStopMs);
    if (watched[1].revents != 0) break;
    if (watched[0].revents != 0) reading = read_some(ours.get(), result.output);
    if (!killed.empty()) continue;
    if (stop.load(std::memory_order_relaxed)) {
      killed = "killed because a stop was asked for";
      result.interrupted = true;
    } else if (monotonic_ns() >= limit_ns) {
      killed = fmt::format("killed after {:g} s", options.time_limit_seconds);
    }
    if (!killed.empty()) ::kill(-child, SIGKILL);
  }
  result.wall_ns = monotonic_ns() - start_ns;
  int status = 0;
  rusage usage{};
  // Whatever it started and left behind goes before its id may be used for others.
  ::kill(-child, SIGKILL);
  while (::wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  result.cpu_ns = to_ns(usage.ru_utime) + to_ns(usage.ru_stime);
  result.involuntary_switches = usage.ru_nivcsw;
  result.major_faults = usage.ru_majflt;
  describe_end(status, result);
  if (!killed.empty()) result.ended = killed;
  while (reading) {
    const auto before = result.output.size();
    reading = read_some(ours.get(), result.output) && result.output.size() > before;
  }
  return result;
}

std::string last_words(const std::string& output) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::string_view text = output;
  const auto end = text.find_last_not_of(kBlanks);
  if (end == std::string_view::npos) return "(nothing)";
  text = text.substr(0, end + 1);
  if (const auto line = text.rfind('\n'); line != std::string_view::npos) {
    text.remove_prefix(line + 1);
  }
  std::string words;
  for (const char c : text.substr(0, kLongestLastWords)) {
    const auto byte = static_cast<unsigned char>(c);
    words += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
  return words;
}

}  // namespace ridgepoint
