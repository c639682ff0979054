#include "harness/run/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "profiler/clock/monotonic_clock.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;
// A child tells more often than a person can read.
constexpr std::int64_t kRedrawEvery_ns = kSecond_ns / 10;

std::string outcome_text(const Record& record) {
  std::string text(name_of(record.outcome));
  if (record.outcome != Outcome::ok) text += ": " + record.reason;
  return text;
}

class Progress : public SweepObserver {
 public:
  Progress(std::FILE* out, int width) : out_(out), width_(width) {}
  ~Progress() override { clear(); }

  void case_started(std::int64_t position, std::int64_t total, const Case& subject) override {
    if (started_ns_ == 0) {
      started_ns_ = monotonic_ns();
      first_position_ = position;
    }
    case_started_ns_ = monotonic_ns();
    position_ = position;
    total_ = total;
    name_ = label(subject) + " on " + subject.backend;
    if (width_ > 0) {
      draw({0, "starting"});
    } else {
      write(fmt::format("[{}/{}] {}\n", position_ + 1, total_, name_));
    }
  }

  void case_progress(const CaseProgress& progress) override {
    if (width_ > 0 && monotonic_ns() - drawn_ns_ >= kRedrawEvery_ns) draw(progress);
  }

  void measuring_again(std::int64_t count) override {
    started_ns_ = 0;
    clear();
    write(fmt::format("Once more, because they were noisy: {}\n", number_of(count, "case")));
  }

  void case_finished(const Record& record) override {
    const auto took = duration_text(record.duration_ns);
    if (width_ > 0) {
      clear();
      write(fmt::format("[{}/{}] {}: {} ({})\n", position_ + 1, total_, name_, outcome_text(record),
                        took));
      return;
    }
    const auto left = remaining_ns(total_ - first_position_, position_ + 1 - first_position_, 0,
                                   monotonic_ns() - started_ns_);
    write(fmt::format("[{}/{}] {} ({}{})\n", position_ + 1, total_, outcome_text(record), took,
                      left > 0 ? ", about " + duration_text(left) + " left" : std::string()));
  }

 private:
  void draw(const CaseProgress& progress) {
    drawn_ns_ = monotonic_ns();
    const auto fraction = std::clamp(progress.fraction, 0.0, 1.0);
    const auto left = remaining_ns(total_ - first_position_, position_ - first_position_, fraction,
                                   drawn_ns_ - started_ns_);
    auto line = fmt::format("[{}/{}] {}: {} {:.0f} %{}", position_ + 1, total_, name_,
                            progress.phase, 100 * fraction,
                            left >= 0 ? ", about " + duration_text(left) + " left" : std::string());
    const auto most = static_cast<std::size_t>(std::max(1, width_ - 1));
    if (line.size() > most) line.resize(most);
    write("\r\x1b[2K" + line);
    drawn_ = true;
  }

  void clear() {
    if (drawn_) write("\r\x1b[2K");
    drawn_ = false;
  }

  void write(const std::string& text) {
    std::fputs(text.c_str(), out_);
    std::fflush(out_);
  }

  std::FILE* out_;
  int width_;
  std::int64_t started_ns_ = 0, case_started_ns_ = 0, drawn_ns_ = 0;
  std::int64_t first_position_ = 0, position_ = 0, total_ = 0;
  std::string name_;
  bool drawn_ = false;
};

}  // namespace

std::int64_t remaining_ns(std::int64_t total, std::int64_t finished, double fraction,
                          std::int64_t elapsed_ns) {
  // Too little of the first case says nothing.
  constexpr double kLeastDone = 0.05;
  const double done = static_cast<double>(finished) + fraction;
  if (done < kLeastDone || total <= 0) return -1;
  return std::llround(static_cast<double>(elapsed_ns) / done *
                      std::max(0.0, static_cast<double>(total) - done));
}

std::string duration_text(std::int64_t ns) {
  if (ns < kSecond_ns) return fmt::format("{:.1f} s", static_cast<double>(ns) / 1e9);
  const auto seconds = (ns + kSecond_ns / 2) / kSecond_ns;
  if (seconds >= 3600) return fmt::format("{} h {:02} min", seconds / 3600, seconds / 60 % 60);
  if (seconds >= 60) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  return fmt::format("{} s", seconds);
}

std::unique_ptr<SweepObserver> make_progress(std::FILE* out, int width) {
  return std::make_unique<Progress>(out, width);
}

std::unique_ptr<SweepObserver> make_progress() {
  constexpr int kUsualWidth = 80;
  int width = 0;
  if (::isatty(STDERR_FILENO) != 0) {
    winsize size{};
    width = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                              : kUsualWidth;
  }
  return make_progress(stderr, width);
}

}  // namespace ridgepoint
