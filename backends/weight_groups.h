// The groups of weights that an execution comes to, step by step (see WeightFeed).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "backends/weight_feed.h"
#include "workloads/graph/graph.h"

namespace ridgepoint {

class WeightGroups {
 public:
  /// No feed: nothing is ever asked for.
  WeightGroups() = default;
  /// `groups` by step; kNoGroup where a step reads none of the feed's weights.
  WeightGroups(WeightFeed* feed, std::vector<std::size_t> groups);

  /// Whether step `i` is the first that reads from its group.
  [[nodiscard]] bool changes_at(std::size_t i) const { return feed_ != nullptr && changes_[i]; }
  /// Asks for the group of step `i` where it is another than before.
  void come_to(std::size_t i) noexcept {
    if (changes_at(i)) feed_->enter(groups_[i]);
  }
  /// Error as WeightFeed::leave.
  void leave() {
    if (feed_ != nullptr) feed_->leave();
  }

 private:
  WeightFeed* feed_ = nullptr;
  std::vector<std::size_t> groups_;
  std::vector<bool> changes_;
};

/// Of steps that each stand for several nodes. std::logic_error when one reads from two groups.
WeightGroups groups_of_steps(const Graph& graph, std::span<const std::vector<std::size_t>> steps,
                             WeightFeed* feed);
/// Of steps that are the nodes.
WeightGroups groups_of_nodes(const Graph& graph, WeightFeed* feed);

}  // namespace ridgepoint
