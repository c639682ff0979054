// A part of a test in a process of its own, so that it can be killed, run beside others or give up
// its rights.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string>
#include <utility>

namespace ridgepoint {

/// Runs the body in a fork and never returns into the test there. Exit code 0, or 1 after writing
/// the exception's text to stderr.
template <class Body>
pid_t in_child(Body&& body) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  int code = 0;
  try {
    std::forward<Body>(body)();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "child: %s\n", error.what());
    code = 1;
  }
  ::_exit(code);
}

inline int exit_code_of(pid_t pid) {
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// What the body returns, run by a user whom file permissions bind: root drops its rights first.
template <class Body>
std::string as_ordinary_user(Body&& body) {
  int channel[2];
  if (::pipe(channel) != 0) return "no pipe";
  const pid_t pid = in_child([&] {
    ::close(channel[0]);
    constexpr uid_t kNobody = 65534;
    if (::geteuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) {
      throw std::runtime_error("cannot drop rights");
    }
    const std::string text = body();
    if (::write(channel[1], text.data(), text.size()) < 0) throw std::runtime_error("pipe");
  });
  ::close(channel[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(channel[0], buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(channel[0]);
  EXPECT_EQ(exit_code_of(pid), 0);
  return text;
}

}  // namespace ridgepoint
