#include "harness/run/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "harness/run/protocol.h"
#include "profiler/clock/monotonic_clock.h"
#include "profiler/machine/limits.h"
#include "profiler/machine/system_memory.h"
#include "results/contamination.h"
#include "workloads/error.h"

extern char** environ;

namespace ridgepoint {
namespace {

/// A child that sends more has lost its mind.
constexpr std::size_t kMostTraceBytes = std::size_t{256} << 20;

constexpr std::size_t kLastWordsBytes = 4096;
constexpr std::size_t kLongestReason = 400;
constexpr int kLookAtStopMs = 50;
constexpr double kShareOfFreeMemory = 0.9;

std::int64_t to_ns(double seconds) {
  return static_cast<std::int64_t>(seconds * 1e9);
}

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  ~Descriptor() { reset(); }
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_ = -1;
};

struct Ends {
  Descriptor ours, theirs;
};

[[noreturn]] void cannot_start(std::string_view what, int code) {
  throw Error(
      fmt::format("cannot start a process for the case: {}: {}", what, std::strerror(code)));
}

/// A pair of connected descriptors above those that the child expects its own at.
Ends make_ends() {
  std::array<int, 2> pair{};
  // A socket pair, not a pipe: writing to one whose other end is gone must raise no SIGPIPE here.
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    cannot_start("socketpair", errno);
  }
  Ends ends;
  for (std::size_t i = 0; i < pair.size(); ++i) {
    const int moved = ::fcntl(pair[i], F_DUPFD_CLOEXEC, 16);
    const int code = errno;
    ::close(pair[i]);
    if (moved < 0) cannot_start("fcntl", code);
    (i == 0 ? ends.ours : ends.theirs) = Descriptor(moved);
  }
  ::fcntl(ends.ours.get(), F_SETFL, O_NONBLOCK);
  return ends;
}

std::int64_t memory_limit(const RunOptions& options) {
  if (options.memory_limit_bytes > 0) return options.memory_limit_bytes;
  const auto available = read_system_memory().available_bytes;
  const auto cgroup = read_limits().cgroup_memory_bytes;
  if (!available && !cgroup) return 0;
  const auto most =
      std::min(available.value_or(cgroup.value_or(0)), cgroup.value_or(available.value_or(0)));
  return static_cast<std::int64_t>(static_cast<double>(most) * kShareOfFreeMemory);
}

std::string signal_name(int number) {
  const char* const abbreviation = ::sigabbrev_np(number);
  const char* const description = ::sigdescr_np(number);
  if (abbreviation == nullptr) return fmt::format("signal {}", number);
  return fmt::format("SIG{} ({})", abbreviation, description);
}

/// The last line that says something, cut and made printable.
std::string last_line(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto end = text.find_last_not_of(kBlanks);
  if (end == std::string_view::npos) return {};
  text = text.substr(0, end + 1);
  const auto start = text.rfind('\n');
  if (start != std::string_view::npos) text.remove_prefix(start + 1);
  std::string line;
  for (const char c : text.substr(0, kLongestReason)) {
    const auto byte = static_cast<unsigned char>(c);
    line += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
  return line;
}

class ChildRun {
 public:
  ChildRun(const ProcessTask& task, AnswerStore& answers, const std::atomic<bool>& stop,
           const std::function<void(const CaseProgress&)>& on_progress,
           const MeasureProgram& program)
      : subject_(task.subject),
        options_(task.options),
        plan_(task.plan),
        time_limit_ns_(task.deadline_ns),
        answers_(answers),
        stop_(stop),
        on_progress_(on_progress),
        program_(program) {}
  ChildRun(const ChildRun&) = delete;
  ChildRun& operator=(const ChildRun&) = delete;
  /// The answer store may throw while the child runs.
  ~ChildRun() { end_group(); }

  ProcessResult run() {
    started_ns_ = monotonic_ns();
    start();
    converse();
    end_group();
    result_.duration_ns = monotonic_ns() - started_ns_;
    judge(result_);
    result_.details = std::move(details_);
    return std::move(result_);
  }

 private:
  void start() {
    auto instructions = make_ends();
    auto events = make_ends();
    auto output = make_ends();

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output.theirs.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output.theirs.get(), STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, instructions.theirs.get(), kInstructionsFd);
    posix_spawn_file_actions_adddup2(&actions, events.theirs.get(), kEventsFd);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    // A group of its own, so that Ctrl-C reaches us alone and all of it can be killed; signals as
    // if started from a shell, whatever we ignore or block.
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT}) {
      sigaddset(&signals, number);
    }
    posix_spawnattr_setsigdefault(&attributes, &signals);

    std::vector<char*> argv;
    argv.push_back(const_cast<char*>(program_.path.c_str()));
    for (const auto& argument : program_.arguments) {
      argv.push_back(const_cast<char*>(argument.c_str()));
    }
    argv.push_back(nullptr);
    pid_t child = 0;
    const int failed =
        ::posix_spawn(&child, program_.path.c_str(), &actions, &attributes, argv.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) cannot_start(program_.path, failed);
    child_ = child;

    instructions_ = std::move(instructions.ours);
    events_ = std::move(events.ours);
    output_ = std::move(output.ours);
    // Before Linux 5.3 there is none: then we look. (glibc 2.36 declares its wrapper with C++
    // linkage.)
    pidfd_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, child_, 0)));

    const auto limit_bytes = memory_limit(options_);
    details_["limits"] = {{"memory_bytes", limit_bytes},
                          {"time_seconds", options_.time_limit_seconds}};
    outgoing_ = to_line(Instructions{subject_, options_, plan_, limit_bytes, ::getpid()});
  }

  /// Until the child has ended and all that it said has been read.
  void converse() {
    bool alive = true;
    while (alive) {
      const auto now = monotonic_ns();
      enforce(now);
      std::array<pollfd, 4> watched{{
          {events_.get(), POLLIN, 0},
          {output_.get(), POLLIN, 0},
          {outgoing_.empty() ? -1 : instructions_.get(), POLLOUT, 0},
          {pidfd_.get(), POLLIN, 0},
      }};
      ::poll(watched.data(), watched.size(), kLookAtStopMs);
      if (watched[2].revents != 0) write_outgoing();
      if (watched[0].revents != 0) read_events();
      if (watched[1].revents != 0) read_output();
      if (pidfd_.get() < 0 || watched[3].revents != 0) alive = !ended();
    }
    // The child is gone, what it wrote last is still in the sockets. A descendant may hold them
    // open: then there is no end to wait for.
    while (read_events()) {
    }
    while (read_output()) {
    }
  }

  void enforce(std::int64_t now) {
    if (kill_at_ns_ != 0 && now >= kill_at_ns_) {
      if (!killed_) ::kill(-child_, SIGKILL);
      killed_ = true;
      return;
    }
    if (!timed_out_ && now >= time_limit_ns_) {
      timed_out_ = true;
      terminate(now + to_ns(kTimeLimitGraceSeconds));
    } else if (!stopped_ && stop_.load(std::memory_order_relaxed)) {
      stopped_ = true;
      terminate(now + to_ns(kStopGraceSeconds));
    }
  }

  void terminate(std::int64_t kill_at_ns) {
    ::kill(child_, SIGTERM);
    kill_at_ns_ = kill_at_ns_ == 0 ? kill_at_ns : std::min(kill_at_ns_, kill_at_ns);
  }

  void write_outgoing() {
    while (!outgoing_.empty()) {
      const ssize_t done =
          ::send(instructions_.get(), outgoing_.data(), outgoing_.size(), MSG_NOSIGNAL);
      if (done < 0 && errno == EINTR) continue;
      if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
      if (done < 0) {
        outgoing_.clear();  // nobody reads any more; the child's end says why
        return;
      }
      outgoing_.erase(0, static_cast<std::size_t>(done));
    }
  }

  /// Returns whether there was something.
  static bool read_into(Descriptor& from, std::string& target) {
    if (from.get() < 0) return false;
    std::array<char, 65536> piece{};
    const ssize_t got = ::read(from.get(), piece.data(), piece.size());
    if (got > 0) {
      target.append(piece.data(), static_cast<std::size_t>(got));
      return true;
    }
    if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) {
      return false;
    }
    from.reset();
    return false;
  }

  bool read_output() {
    const bool more = read_into(output_, last_words_);
    if (last_words_.size() > kLastWordsBytes) {
      last_words_.erase(0, last_words_.size() - kLastWordsBytes);
    }
    return more;
  }

  bool read_events() {
    const bool more = read_into(events_, pending_);
    std::size_t start = 0;
    for (auto end = pending_.find('\n', scanned_); end != std::string::npos;
         end = pending_.find('\n', start)) {
      take_line(std::string_view(pending_).substr(start, end - start));
      start = end + 1;
    }
    pending_.erase(0, start);
    scanned_ = pending_.size();
    if (pending_.size() > kLongestEvent) {
      pending_.clear();
      scanned_ = 0;
      ++malformed_;
      ::kill(-child_, SIGKILL);
      killed_ = true;
    }
    return more;
  }

  void take_line(std::string_view line) {
    auto event = parse_event(line);
    if (!event) {
      ++malformed_;
      return;
    }
    std::visit([this](auto& content) { take(content); }, *event);
  }

  void take(SamplesEvent& event) {
    auto& series = result_.series;
    auto found = std::ranges::find(series, event.series, &Series::name);
    if (found == series.end()) {
      found = series.insert(
          found, Series{event.series, std::string(unit_of_series(event.series)), {}, {}});
    }
    found->samples.insert(found->samples.end(), event.values.begin(), event.values.end());
  }
  void take(MetricEvent& event) { result_.metrics[event.name] = event.value; }
  void take(OpTimesEvent& event) {
    std::ranges::move(event.ops, std::back_inserter(result_.op_times));
  }
  void take(TraceEvent& event) {
    auto& trace = result_.trace;
    if (trace.size() + event.bytes.size() > kMostTraceBytes) return;
    trace.insert(trace.end(), event.bytes.begin(), event.bytes.end());
  }
  void take(DetailEvent& event) { details_[event.key] = nlohmann::json::parse(event.json); }
  void take(ProgressEvent& event) {
    if (on_progress_) on_progress_({event.fraction, event.phase});
  }
  void take(FindAnswerEvent& event) {
    outgoing_ += answer_line(answers_.find ? answers_.find(event.key) : std::string());
  }
  void take(PutAnswerEvent& event) {
    if (answers_.put) answers_.put(event.key, event.value);
  }
  void take(DoneEvent& event) { done_ = std::move(event); }

  /// Looks whether the child has ended, without reaping it: its id, and so its group's, must not be
  /// used for others before the group is killed.
  [[nodiscard]] bool ended() const {
    siginfo_t info{};
    const int failed =
        ::waitid(P_PID, static_cast<id_t>(child_), &info, WEXITED | WNOHANG | WNOWAIT);
    return failed != 0 ? errno != EINTR : info.si_pid != 0;
  }

  /// Whatever the child started and left behind goes with it.
  void end_group() {
    if (child_ == 0) return;
    ::kill(-child_, SIGKILL);
    while (::waitpid(child_, &status_, 0) < 0 && errno == EINTR) {
    }
    child_ = 0;
  }

  void judge(ProcessResult& record) {
    const std::string words = last_line(last_words_);
    const auto with_words = [&](std::string text) {
      return words.empty() ? text : std::move(text) + "; its last words: " + words;
    };
    const bool signalled = WIFSIGNALED(status_);
    const int number = signalled ? WTERMSIG(status_) : 0;
    std::string how = signalled ? "killed by " + signal_name(number)
                                : fmt::format("exited with code {}", WEXITSTATUS(status_));

    if (timed_out_ && (!done_ || done_->outcome == Outcome::interrupted)) {
      record.outcome = Outcome::timed_out;
      record.reason = fmt::format("not finished within {} s; what was measured until then is kept",
                                  options_.time_limit_seconds);
    } else if (done_) {
      record.outcome = done_->outcome;
      record.reason = done_->reason;
      if (record.outcome != Outcome::ok && record.reason.empty()) record.reason = "no reason given";
      if (signalled || WEXITSTATUS(status_) != 0) {
        details_["exit"] = with_words(how + " after it had reported its result");
      }
    } else if (stopped_) {
      record.outcome = Outcome::interrupted;
      record.reason = killed_
                          ? fmt::format("stopped; the pass in flight took more than {} s to end",
                                        kStopGraceSeconds)
                          : "stopped";
    } else if (number == SIGKILL && !killed_) {
      record.outcome = Outcome::out_of_memory;
      record.reason = with_words("killed by the kernel, most likely out of memory");
    } else if (number == SIGABRT && last_words_.find("std::bad_alloc") != std::string::npos) {
      // Thrown where nobody could catch it: on a thread of the backend.
      record.outcome = Outcome::out_of_memory;
      record.reason = memory_reason();
    } else {
      record.outcome = Outcome::failed;
      record.reason = with_words(signalled ? how : how + " without a result");
    }
    if (malformed_ > 0) {
      details_["malformed_events"] = malformed_;
      if (!done_) {
        record.reason += fmt::format("; {} of its events could not be read", malformed_);
      }
    }
    if (record.outcome != Outcome::ok && !last_words_.empty()) {
      details_["output_tail"] = last_words_;
    }
  }

  [[nodiscard]] std::string memory_reason() const {
    return fmt::format("an allocation failed at a memory limit of {} bytes",
                       details_["limits"]["memory_bytes"].get<std::int64_t>());
  }

  const Case& subject_;
  const RunOptions& options_;
  const ProcessPlan& plan_;
  std::int64_t time_limit_ns_;  ///< of the monotonic clock
  AnswerStore& answers_;
  const std::atomic<bool>& stop_;
  const std::function<void(const CaseProgress&)>& on_progress_;
  const MeasureProgram& program_;

  pid_t child_ = 0;
  Descriptor instructions_, events_, output_, pidfd_;
  std::int64_t started_ns_ = 0, kill_at_ns_ = 0;
  int status_ = 0;
  bool timed_out_ = false, stopped_ = false, killed_ = false;

  std::string outgoing_, pending_, last_words_;
  std::size_t scanned_ = 0;  ///< of pending_: holds no newline
  std::int64_t malformed_ = 0;
  ProcessResult result_;
  nlohmann::json details_ = nlohmann::json::object();
  std::optional<DoneEvent> done_;
};

}  // namespace

ProcessResult run_process(const ProcessTask& task, AnswerStore& answers,
                          const std::atomic<bool>& stop,
                          const std::function<void(const CaseProgress&)>& on_progress,
                          const MeasureProgram& program) {
  return ChildRun(task, answers, stop, on_progress, program).run();
}

}  // namespace ridgepoint
