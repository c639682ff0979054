#include <nlohmann/json.hpp>

#include "results/report/history_report.h"
#include "results/report/history_text.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

constexpr int kHistoryJsonVersion = 1;

template <class Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json text_or_null(std::string_view text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json point_json(const HistoryPoint& point) {
  const HistoryRow& row = point.row;
  return {{"run_id", row.run.id},
          {"ordinal", row.ordinal},
          {"record_id", row.record_id},
          {"run_label", row.run.label},
          {"started_unix_ns", row.started_unix_ns},
          {"git",
           {{"commit", row.run.git_commit},
            {"branch", row.run.git_branch},
            {"dirty", row.run.git_dirty}}},
          {"environment_hash", row.run.environment_hash},
          {"outcome", name_of(row.outcome)},
          {"value", point.gap.empty() ? or_null(row.value) : Json(nullptr)},
          {"gap", text_or_null(point.gap)}};
}

Json points_json(const std::vector<HistoryPoint>& points) {
  Json list = Json::array();
  for (const HistoryPoint& point : points) list.push_back(point_json(point));
  return list;
}

Json change_json(const History& history, const HistoryChange& change) {
  const Replay& replay = change.replay;
  return {{"before", change.before},
          {"after", change.after},
          {"median_before", change.median_before},
          {"median_after", change.median_after},
          {"count_before", change.count_before},
          {"count_after", change.count_after},
          {"ratio", change.ratio()},
          {"p", change.p},
          {"direction", name_of(change.direction)},
          {"commits", or_null(replay.commits)},
          {"confirmation", name_of(replay.confirmation)},
          {"session_id", text_or_null(replay.session_id)},
          {"verdict", replay.verdict ? Json(name_of(*replay.verdict)) : Json(nullptr)},
          {"command", text_or_null(replay.command)},
          {"obstacle", text_or_null(replay.obstacle)},
          {"text", change_sentence(history, change)}};
}

}  // namespace

std::string history_json(const History& history) {
  Json changes = Json::array();
  for (const HistoryChange& change : history.changes) {
    changes.push_back(change_json(history, change));
  }
  Json others = Json::array();
  for (const OtherMachine& other : history.others) {
    others.push_back({{"machine", other.machine},
                      {"environment_hash", other.environment_hash},
                      {"points", points_json(other.points)}});
  }
  Json beside = Json::array();
  for (const History& other : history.beside) {
    Json changes_beside = Json::array();
    for (const HistoryChange& change : other.changes) {
      changes_beside.push_back(change_json(other, change));
    }
    beside.push_back({{"metric", other.metric},
                      {"headline", history_headline(other)},
                      {"changes", std::move(changes_beside)}});
  }
  return Json{{"format", "ridgepoint-history"},
              {"version", kHistoryJsonVersion},
              {"case", Json::parse(to_json(history.subject.subject))},
              {"case_hash", history.subject.hash},
              {"label", label(history.subject.subject)},
              {"metric", history.metric},
              {"unit", history.unit},
              {"better", name_of(history.better)},
              {"headline", history_headline(history)},
              {"ends_worse", ends_worse(history)},
              {"rules",
               {{"alpha", history.rules.alpha},
                {"effect", history.rules.effect},
                {"permutations", history.rules.permutations},
                {"seed", history.rules.seed},
                {"fewest_values", fewest_values(history.rules.alpha)}}},
              {"machine", history.machine},
              {"environment_hash", history.environment_hash},
              {"earlier", history.earlier},
              {"below_effect", history.below_effect},
              {"autocorrelation", history.autocorrelation},
              {"points", points_json(history.points)},
              {"changes", changes},
              {"beside", beside},
              {"other_machines", others}}
             .dump(2, ' ', false, Json::error_handler_t::replace) +
         "\n";
}

}  // namespace ridgepoint
