// The child side of run_case: instructions in, events out.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>

#include "harness/run/measure_case.h"
#include "harness/run/protocol.h"
#include "harness/run/run_case.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

// Signal handlers reach nothing but objects of static storage.
std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void request_stop(int) {
  stop_requested.store(true, std::memory_order_relaxed);
}

/// The parent is gone: take along whatever the backend started.
void die_with_group(int) {
  if (::getpgrp() == ::getpid()) ::kill(0, SIGKILL);
  ::_exit(128 + SIGHUP);
}

void on_signal(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  ::sigaction(number, &action, nullptr);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);  // a mask is inherited over exec
}

void set_limit(__rlimit_resource resource, rlim_t bytes) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return;
  limit.rlim_cur = std::min(bytes, limit.rlim_max);
  ::setrlimit(resource, &limit);
}

/// Lines over a pair of descriptors.
class Channel {
 public:
  Channel(int in_fd, int out_fd) : in_(in_fd), out_(out_fd) {}

  /// Waits for a whole line; Error at the end of input.
  std::string receive() {
    for (;;) {
      if (const auto end = pending_.find('\n'); end != std::string::npos) {
        std::string line = pending_.substr(0, end);
        pending_.erase(0, end + 1);
        return line;
      }
      std::array<char, 65536> piece{};
      const ssize_t got = ::read(in_, piece.data(), piece.size());
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        throw Error(
            "measure: no instructions on its input; `ridgepoint run` starts it, it is not for "
            "people");
      }
      pending_.append(piece.data(), static_cast<std::size_t>(got));
    }
  }

  void send(std::string_view line) {
    while (!line.empty()) {
      const ssize_t done = ::write(out_, line.data(), line.size());
      if (done < 0 && errno == EINTR) continue;
      // Nobody listens any more: the parent is gone, and there is nobody to tell.
      if (done < 0) die_with_group(SIGPIPE);
      line.remove_prefix(static_cast<std::size_t>(done));
    }
  }

 private:
  int in_, out_;
  std::string pending_;
};

class ChannelSink : public MeasurementSink {
 public:
  explicit ChannelSink(Channel& channel) : channel_(channel) {}
  void samples(std::string_view series, std::span<const std::int64_t> values) override {
    while (!values.empty()) {
      const auto piece = values.first(std::min(values.size(), kSamplesAnEvent));
      channel_.send(samples_line(series, piece));
      values = values.subspan(piece.size());
    }
  }
  void metric(std::string_view name, double value) override {
    channel_.send(to_line(Event(MetricEvent{std::string(name), value})));
  }
  void detail(std::string_view key, std::string_view json) override {
    channel_.send(to_line(Event(DetailEvent{std::string(key), std::string(json)})));
  }
  void op_times(std::span<const OpTime> ops) override {
    while (!ops.empty()) {
      const auto piece = ops.first(std::min(ops.size(), kOpTimesAnEvent));
      channel_.send(to_line(Event(OpTimesEvent{{piece.begin(), piece.end()}})));
      ops = ops.subspan(piece.size());
    }
  }
  void trace(std::span<const std::byte> packed) override {
    while (!packed.empty()) {
      const auto piece = packed.first(std::min(packed.size(), kTraceBytesAnEvent));
      channel_.send(to_line(Event(TraceEvent{{piece.begin(), piece.end()}})));
      packed = packed.subspan(piece.size());
    }
  }
  void progress(double fraction, std::string_view phase) override {
    channel_.send(to_line(Event(ProgressEvent{fraction, std::string(phase)})));
  }

 private:
  Channel& channel_;
};

CaseResult measure(const Instructions& instructions, Channel& channel) {
  ChannelSink sink(channel);
  AnswerStore answers{
      .find =
          [&](const std::string& key) {
            channel.send(to_line(Event(FindAnswerEvent{key})));
            return parse_answer(channel.receive());
          },
      .put =
          [&](const std::string& key, const std::string& value) {
            channel.send(to_line(Event(PutAnswerEvent{key, value})));
          },
  };
  try {
    return measure_case(instructions.subject, instructions.options, sink, answers, stop_requested,
                        instructions.plan);
  } catch (const std::exception& error) {
    return {Outcome::failed, std::string("internal error: ") + error.what()};
  }
}

}  // namespace

int measure_main(int in_fd, int out_fd) {
  // A plug-in's children must not hold the parent's pipes open.
  ::fcntl(in_fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(out_fd, F_SETFD, FD_CLOEXEC);
  ::signal(SIGPIPE, SIG_IGN);
  on_signal(SIGTERM, request_stop);
  on_signal(SIGINT, request_stop);
  on_signal(SIGHUP, die_with_group);
  ::prctl(PR_SET_PDEATHSIG, SIGHUP);

  Channel channel(in_fd, out_fd);
  const auto instructions = parse_instructions(channel.receive());
  // The parent may have died before it was asked to say so.
  if (::getppid() != static_cast<pid_t>(instructions.parent)) die_with_group(SIGHUP);
  set_limit(RLIMIT_CORE, 0);
#ifndef RIDGEPOINT_SANITIZED  // a sanitizer's shadow memory counts as data
  if (instructions.memory_limit_bytes > 0) {
    set_limit(RLIMIT_DATA, static_cast<rlim_t>(instructions.memory_limit_bytes));
  }
#endif
  const auto result = measure(instructions, channel);
  channel.send(to_line(Event(DoneEvent{result.outcome, result.reason})));
  return 0;
}

}  // namespace ridgepoint
