// WeightFeed: who brings weights to where an execution reads them, group by group (a layer, the
// output), when memory holds fewer than a model has. An execution says which group it comes to; the
// feed answers when that group is there, and may then do away with the one before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ridgepoint {

class WeightFeed {
 public:
  static constexpr std::size_t kNoGroup = SIZE_MAX;

  virtual ~WeightFeed() = default;

  /// kNoGroup for weights that are always there.
  [[nodiscard]] virtual std::size_t group_of(std::string_view weight) const = 0;

  /// The weights of `group` are about to be read, those of the group entered before will not be
  /// until they are entered again. Returns when they are there, or something went wrong, which
  /// leave() says. Called by one thread at a time while no other reads weights of a group.
  virtual void enter(std::size_t group) noexcept = 0;
  /// A pass is over. Error when weights could not be brought: what it computed means nothing.
  virtual void leave() = 0;

  /// Room for another form of a weight, for backends that put weights into an order of their own:
  /// null where the backend is to find its own room, because the weight stays in memory. What is
  /// written there before `keep` is what a later enter of its group brings back. Error when there
  /// is no room.
  [[nodiscard]] virtual std::byte* room(std::string_view weight, std::int64_t bytes) = 0;
  /// The room of this weight is filled.
  virtual void keep(std::string_view weight) = 0;
};

}  // namespace ridgepoint
