// AbStore: the A/B sessions of a database. Each pair is a transaction of its own, so that a session
// that is killed goes on where it was.
//
// Threads: one AbStore per thread. Errors: Error, one line with the path and what to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "results/ab_session.h"
#include "results/store/open_mode.h"

namespace ridgepoint {

class AbStore {
 public:
  AbStore(const std::filesystem::path& path, OpenMode mode, const StoreOptions& options = {});
  ~AbStore();
  AbStore(AbStore&&) noexcept;
  AbStore& operator=(AbStore&&) noexcept;

  [[nodiscard]] const std::filesystem::path& path() const;
  /// How long each statement waits for another process from now on.
  void wait_at_most(std::chrono::milliseconds busy_timeout);

  /// Without its pairs, as `running`.
  void begin(const AbSession& session);
  void add_pair(const std::string& session_id, const AbPair& pair);
  /// Figures are known once the first pair is measured.
  void set_figures(const std::string& session_id, const std::vector<AbFigure>& figures);
  void finish(const std::string& session_id, std::string_view status, Verdict verdict,
              std::string_view reason, std::string_view cause, std::int64_t finished_unix_ns);

  /// A full id, a unique prefix of at least 4 characters, "latest", or a label (newest of it).
  [[nodiscard]] std::string resolve(std::string_view text) const;
  [[nodiscard]] AbSession session(const std::string& id) const;
  /// Newest first, without pairs.
  [[nodiscard]] std::vector<AbSession> list() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ridgepoint
