#include "harness/history/run_self.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr std::chrono::milliseconds kLookEvery{20};

struct SpawnFileActions {
  SpawnFileActions() { ::posix_spawn_file_actions_init(&actions); }
  ~SpawnFileActions() { ::posix_spawn_file_actions_destroy(&actions); }
  SpawnFileActions(const SpawnFileActions&) = delete;
  SpawnFileActions& operator=(const SpawnFileActions&) = delete;
  posix_spawn_file_actions_t actions{};
};

struct SpawnAttributes {
  SpawnAttributes() { ::posix_spawnattr_init(&attributes); }
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  posix_spawnattr_t attributes{};
};

pid_t start_self(std::vector<std::string> arguments) {
  SpawnFileActions files;
  ::posix_spawn_file_actions_adddup2(&files.actions, STDERR_FILENO, STDOUT_FILENO);
  SpawnAttributes own_group;
  // A terminal's Ctrl-C would reach a process of this group a second time, and end it untidily.
  ::posix_spawnattr_setflags(&own_group.attributes, POSIX_SPAWN_SETPGROUP);
  ::posix_spawnattr_setpgroup(&own_group.attributes, 0);
  arguments.insert(arguments.begin(), "ridgepoint");
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  pid_t process = 0;
  const int problem = ::posix_spawn(&process, "/proc/self/exe", &files.actions,
                                    &own_group.attributes, pointers.data(), environ);
  if (problem != 0) {
    throw Error(fmt::format("this program cannot be started again: {}",
                            std::generic_category().message(problem)));
  }
  return process;
}

}  // namespace

int run_self(const std::vector<std::string>& arguments, const std::atomic<bool>& stop) {
  const pid_t process = start_self(arguments);
  bool told = false;
  int status = 0;
  while (true) {
    const pid_t ended = ::waitpid(process, &status, WNOHANG);
    if (ended == process) break;
    if (ended < 0 && errno != EINTR) {
      throw Error(fmt::format("waiting for this program's second self failed: {}",
                              std::generic_category().message(errno)));
    }
    if (stop && !told) {
      ::kill(process, SIGINT);
      told = true;
    }
    std::this_thread::sleep_for(kLookEvery);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace ridgepoint
