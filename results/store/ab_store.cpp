#include "results/store/ab_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "results/report/time_text.h"
#include "results/store/database.h"
#include "results/store/open_database.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kShortestSessionPrefix = 4;
constexpr const char* kColumns =
    "id, label, command, arm_a, arm_b, options, status, verdict, reason, started_unix_ns, "
    "finished_unix_ns, coalesce(environment_hash, ''), figures, cause";

std::string to_json_text(const std::vector<double>& values) {
  return nlohmann::json(values).dump();
}

std::string to_json_text(const std::vector<AbFigure>& figures) {
  auto list = nlohmann::json::array();
  for (const auto& figure : figures) {
    list.push_back({{"name", figure.name},
                    {"name_b", figure.name_b},
                    {"unit", figure.unit},
                    {"more_is_better", figure.more_is_better}});
    if (figure.printed_unit) list.back()["printed_unit"] = *figure.printed_unit;
  }
  return list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// What the database holds may have been written by anyone.
template <class Parse>
auto parsed(const std::string& text, const std::string& session, Parse&& parse) {
  try {
    return std::forward<Parse>(parse)(nlohmann::json::parse(text));
  } catch (const nlohmann::json::exception& problem) {
    throw Error(fmt::format("A/B session {}: damaged: {}", session, problem.what()));
  }
}

std::vector<double> numbers(const std::string& text, const std::string& session) {
  return parsed(text, session,
                [](const nlohmann::json& list) { return list.get<std::vector<double>>(); });
}

std::string to_json_text(const ArmConditions& conditions) {
  return nlohmann::json{{"duration_ns", conditions.duration_ns},
                        {"involuntary_switches", conditions.involuntary_switches},
                        {"major_faults", conditions.major_faults},
                        {"clock_khz", conditions.clock_khz},
                        {"cpu_ns", conditions.cpu_ns}}
      .dump();
}

/// Pairs of older versions have none.
ArmConditions conditions_of(const std::string& text, const std::string& session) {
  return parsed(text, session, [](const nlohmann::json& json) {
    ArmConditions conditions;
    conditions.duration_ns = json.value("duration_ns", std::int64_t{0});
    conditions.involuntary_switches = json.value("involuntary_switches", std::int64_t{0});
    conditions.major_faults = json.value("major_faults", std::int64_t{0});
    conditions.clock_khz = json.value("clock_khz", std::int64_t{0});
    conditions.cpu_ns = json.value("cpu_ns", std::int64_t{0});
    return conditions;
  });
}

std::vector<AbFigure> figures_of(const std::string& text, const std::string& session) {
  return parsed(text, session, [](const nlohmann::json& list) {
    std::vector<AbFigure> figures;
    for (const auto& entry : list) {
      figures.push_back({entry.at("name"), entry.at("name_b"), entry.at("unit"),
                         entry.at("more_is_better"), std::nullopt});
      if (entry.contains("printed_unit")) {
        figures.back().printed_unit = entry.at("printed_unit").get<std::string>();
      }
    }
    return figures;
  });
}

AbSession read_columns(const Query& row) {
  AbSession session;
  session.id = row.text(0);
  session.label = row.text(1);
  session.command = row.text(2);
  session.a = row.text(3);
  session.b = row.text(4);
  session.options = row.text(5);
  session.status = row.text(6);
  session.verdict = parse_verdict(row.text(7));
  session.reason = row.text(8);
  session.started_unix_ns = row.integer(9);
  session.finished_unix_ns = row.integer(10);
  session.environment_hash = row.text(11);
  session.figures = figures_of(row.text(12), session.id);
  session.cause = row.text(13);
  return session;
}

std::vector<AbPair> read_pairs(Database& database, const std::string& id) {
  Query row = database.query(
      "SELECT ordinal, b_first, started_unix_ns, duration_ns, a, b, a_least, b_least, steal_share, "
      "involuntary_switches, major_faults, dropped, throttles, a_conditions, b_conditions "
      "FROM ab_pairs WHERE session_id = ? "
      "ORDER BY ordinal");
  row.bind(id);
  std::vector<AbPair> pairs;
  while (row.step()) {
    AbPair pair;
    pair.ordinal = row.integer(0);
    pair.b_first = row.integer(1) != 0;
    pair.started_unix_ns = row.integer(2);
    pair.duration_ns = row.integer(3);
    pair.a = numbers(row.text(4), id);
    pair.b = numbers(row.text(5), id);
    pair.a_least = numbers(row.text(6), id);
    pair.b_least = numbers(row.text(7), id);
    pair.steal_share = row.real(8);
    pair.involuntary_switches = row.integer(9);
    pair.major_faults = row.integer(10);
    pair.dropped = row.text(11);
    pair.throttles = row.integer(12);
    pair.a_conditions = conditions_of(row.text(13), id);
    pair.b_conditions = conditions_of(row.text(14), id);
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

}  // namespace

struct AbStore::State {
  Database database;

  template <class Body>
  auto during(std::string_view doing, Body&& body) {
    return worded(database.path(), doing, std::forward<Body>(body));
  }
  template <class Body>
  void write(std::string_view doing, Body&& body) {
    during(doing, [&] {
      SQLite::Transaction transaction(database.connection(),
                                      SQLite::TransactionBehavior::IMMEDIATE);
      body();
      transaction.commit();
    });
  }
  std::vector<AbSession> select(const std::string& where, const std::string& value) {
    Query row = database.query(
        fmt::format("SELECT {} FROM ab_sessions WHERE {} ORDER BY started_unix_ns DESC, id DESC",
                    kColumns, where));
    row.bind(value);
    std::vector<AbSession> found;
    while (row.step()) found.push_back(read_columns(row));
    return found;
  }
};

AbStore::AbStore(const std::filesystem::path& path, OpenMode mode, const StoreOptions& options)
    : state_(std::make_unique<State>(State{open_database(path, mode, options)})) {}
AbStore::~AbStore() = default;
AbStore::AbStore(AbStore&&) noexcept = default;
AbStore& AbStore::operator=(AbStore&&) noexcept = default;

void AbStore::wait_at_most(std::chrono::milliseconds busy_timeout) {
  state_->database.wait_at_most(busy_timeout);
}

const std::filesystem::path& AbStore::path() const {
  return state_->database.path();
}

void AbStore::begin(const AbSession& session) {
  state_->write("beginning an A/B session", [&] {
    Database& database = state_->database;
    if (!session.environment_hash.empty()) {
      database.query("INSERT OR IGNORE INTO environments (hash, json) VALUES (?, ?)")
          .bind(session.environment_hash, session.environment)
          .run();
    }
    database
        .query(
            "INSERT INTO ab_sessions (id, label, command, arm_a, arm_b, options, status, verdict, "
            "reason, cause, started_unix_ns, finished_unix_ns, environment_hash, figures) "
            "VALUES (?, ?, ?, ?, ?, ?, 'running', ?, ?, '', ?, 0, nullif(?, ''), ?)")
        .bind(session.id, session.label, session.command, session.a, session.b, session.options,
              name_of(session.verdict), session.reason, session.started_unix_ns,
              session.environment_hash, to_json_text(session.figures))
        .run();
  });
}

void AbStore::set_figures(const std::string& session_id, const std::vector<AbFigure>& figures) {
  state_->write("storing what is compared", [&] {
    state_->database.query("UPDATE ab_sessions SET figures = ? WHERE id = ?")
        .bind(to_json_text(figures), session_id)
        .run();
  });
}

void AbStore::add_pair(const std::string& session_id, const AbPair& pair) {
  state_->write("storing a pair", [&] {
    state_->database
        .query(
            "INSERT INTO ab_pairs (session_id, ordinal, b_first, started_unix_ns, duration_ns, a, "
            "b, a_least, b_least, steal_share, involuntary_switches, major_faults, dropped, "
            "throttles, a_conditions, b_conditions) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(session_id, pair.ordinal, pair.b_first, pair.started_unix_ns, pair.duration_ns,
              to_json_text(pair.a), to_json_text(pair.b), to_json_text(pair.a_least),
              to_json_text(pair.b_least), pair.steal_share, pair.involuntary_switches,
              pair.major_faults, pair.dropped, pair.throttles, to_json_text(pair.a_conditions),
              to_json_text(pair.b_conditions))
        .run();
  });
}

void AbStore::finish(const std::string& session_id, std::string_view status, Verdict verdict,
                     std::string_view reason, std::string_view cause,
                     std::int64_t finished_unix_ns) {
  state_->write("finishing an A/B session", [&] {
    state_->database
        .query(
            "UPDATE ab_sessions SET status = ?, verdict = ?, reason = ?, cause = ?, "
            "finished_unix_ns "
            "= ? "
            "WHERE id = ?")
        .bind(status, name_of(verdict), reason, cause, finished_unix_ns, session_id)
        .run();
  });
}

std::string AbStore::resolve(std::string_view text) const {
  return state_->during("looking for an A/B session", [&] {
    const std::string file = path().string();
    const auto all = state_->select("?1 = ?1", "");
    if (all.empty()) {
      throw Error(fmt::format("no A/B session in {} yet: begin one with 'ridgepoint ab'", file));
    }
    if (text == "latest") return all.front().id;
    const auto labelled = state_->select("label = ? AND label <> ''", std::string(text));
    std::vector<std::string> matches;
    for (const auto& session : all) {
      if (text.size() >= kShortestSessionPrefix && session.id.starts_with(text)) {
        matches.push_back(session.id);
      }
    }
    if (matches.size() > 1) {
      throw Error(fmt::format("'{}' begins more than one A/B session in {}; give more of the id",
                              text, file));
    }
    if (matches.size() == 1) return matches.front();
    if (!labelled.empty()) return labelled.front().id;
    throw Error(fmt::format("no A/B session '{}' in {}; the newest there is {} ({})", text, file,
                            all.front().id.substr(0, 8), time_text(all.front().started_unix_ns)));
  });
}

AbSession AbStore::session(const std::string& id) const {
  return state_->during("reading an A/B session", [&] {
    SQLite::Transaction snapshot(state_->database.connection());
    auto found = state_->select("id = ?", id);
    if (found.empty()) throw Error(fmt::format("no A/B session {} in {}", id, path().string()));
    AbSession session = std::move(found.front());
    session.pairs = read_pairs(state_->database, id);
    Query row = state_->database.query("SELECT json FROM environments WHERE hash = ?");
    row.bind(session.environment_hash);
    if (row.step()) session.environment = row.text(0);
    return session;
  });
}

std::vector<AbSession> AbStore::list() const {
  return state_->during("listing A/B sessions", [&] { return state_->select("?1 = ?1", ""); });
}

}  // namespace ridgepoint
