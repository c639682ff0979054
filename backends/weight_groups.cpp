#include "backends/weight_groups.h"

#include <numeric>
#include <stdexcept>
#include <utility>

namespace ridgepoint {

WeightGroups::WeightGroups(WeightFeed* feed, std::vector<std::size_t> groups)
    : feed_(feed), groups_(std::move(groups)), changes_(groups_.size(), false) {
  std::size_t current = WeightFeed::kNoGroup;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i] == WeightFeed::kNoGroup || groups_[i] == current) continue;
    current = groups_[i];
    changes_[i] = true;
  }
}

WeightGroups groups_of_steps(const Graph& graph, std::span<const std::vector<std::size_t>> steps,
                             WeightFeed* feed) {
  if (feed == nullptr) return {};
  std::vector<std::size_t> groups;
  for (const auto& nodes : steps) {
    std::size_t of_step = WeightFeed::kNoGroup;
    for (const std::size_t n : nodes) {
      for (const ValueId id : graph.nodes()[n].inputs) {
        if (graph.value(id).role != Role::weight) continue;
        const std::size_t group = feed->group_of(graph.value(id).name);
        if (group == WeightFeed::kNoGroup) continue;
        if (of_step != WeightFeed::kNoGroup && of_step != group) {
          throw std::logic_error("groups_of_steps: one step reads weights of two groups");
        }
        of_step = group;
      }
    }
    groups.push_back(of_step);
  }
  return {feed, std::move(groups)};
}

WeightGroups groups_of_nodes(const Graph& graph, WeightFeed* feed) {
  if (feed == nullptr) return {};
  std::vector<std::vector<std::size_t>> steps;
  for (std::size_t n = 0; n < graph.nodes().size(); ++n) steps.push_back({n});
  return groups_of_steps(graph, steps, feed);
}

}  // namespace ridgepoint
