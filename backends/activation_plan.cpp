#include "backends/activation_plan.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <type_traits>

#include "backends/aligned_buffer.h"
#include "workloads/ops/operands.h"

namespace ridgepoint {
namespace {

/// Room inside one block that grows at its end.
class Room {
 public:
  virtual ~Room() = default;
  virtual std::size_t take(std::size_t size) = 0;
  virtual void give(std::size_t offset, std::size_t size) = 0;
  [[nodiscard]] std::size_t end() const { return end_; }

 protected:
  std::size_t append(std::size_t size) {
    const std::size_t offset = end_;
    end_ += size;
    return offset;
  }
  std::size_t end_ = 0;
};

/// Free places by offset, neighbours joined.
class Arena : public Room {
 public:
  std::size_t take(std::size_t size) override {
    // The smallest that fits leaves the large ones whole.
    auto best = free_.end();
    for (auto place = free_.begin(); place != free_.end(); ++place) {
      if (place->second >= size && (best == free_.end() || place->second < best->second)) {
        best = place;
      }
    }
    if (best == free_.end()) return grow(size);
    const auto [offset, room] = *best;
    free_.erase(best);
    if (room > size) free_.emplace(offset + size, room - size);
    return offset;
  }

  void give(std::size_t offset, std::size_t size) override {
    auto place = free_.emplace(offset, size).first;
    if (const auto next = std::next(place);
        next != free_.end() && place->first + place->second == next->first) {
      place->second += next->second;
      free_.erase(next);
    }
    if (place != free_.begin()) {
      const auto before = std::prev(place);
      if (before->first + before->second == place->first) {
        before->second += place->second;
        free_.erase(place);
      }
    }
  }

 private:
  std::size_t grow(std::size_t size) {
    std::size_t offset = end_;
    if (!free_.empty()) {
      const auto last = std::prev(free_.end());
      if (last->first + last->second == end_) {
        offset = last->first;
        free_.erase(last);
      }
    }
    end_ = offset + size;
    return offset;
  }

  std::map<std::size_t, std::size_t> free_;
};

/// Whole buffers: each keeps the size that it was made with.
class Pool : public Room {
 public:
  std::size_t take(std::size_t size) override {
    auto place = free_.lower_bound(size);
    if (place == free_.end()) {
      const std::size_t offset = append(size);
      sizes_.emplace(offset, size);
      return offset;
    }
    const std::size_t offset = place->second;
    free_.erase(place);
    return offset;
  }
  void give(std::size_t offset, std::size_t) override { free_.emplace(sizes_.at(offset), offset); }

 private:
  std::multimap<std::size_t, std::size_t> free_;  ///< offsets by size
  std::map<std::size_t, std::size_t> sizes_;      ///< by offset
};

/// Never lends anything twice.
class Plain : public Room {
 public:
  std::size_t take(std::size_t size) override { return append(size); }
  void give(std::size_t, std::size_t) override {}
};

std::unique_ptr<Room> room_of(Allocation allocation) {
  switch (allocation) {
    case Allocation::arena:
      return std::make_unique<Arena>();
    case Allocation::pool:
      return std::make_unique<Pool>();
    case Allocation::plain:
      return std::make_unique<Plain>();
  }
  throw std::logic_error("plan_activations: no such allocation");
}

/// Operators that read nothing of an input's row after writing that row's output at the same place.
bool may_overwrite_inputs(const Op& op) {
  return std::visit(
      []<typename T>(const T&) {
        return std::is_same_v<T, Add> || std::is_same_v<T, Bias> || std::is_same_v<T, Gelu> ||
               std::is_same_v<T, SiluGate> || std::is_same_v<T, RmsNorm> ||
               std::is_same_v<T, LayerNorm> || std::is_same_v<T, Rope> ||
               std::is_same_v<T, Softmax> || std::is_same_v<T, PositionEmbedding>;
      },
      op);
}

std::size_t padded_size(const Value& value) {
  const auto size = static_cast<std::size_t>(bytes_of(value));
  return (size + AlignedBuffer::kAlignment - 1) / AlignedBuffer::kAlignment *
         AlignedBuffer::kAlignment;
}

}  // namespace

ActivationPlan plan_activations(const Graph& graph, Allocation allocation) {
  const auto nodes = graph.nodes();
  std::vector<std::size_t> last_use(graph.values().size(), 0);
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    last_use[nodes[n].output] = n;
    for (const ValueId input : nodes[n].inputs) last_use[input] = n;
  }
  ActivationPlan plan;
  plan.offsets.assign(graph.values().size(), ActivationPlan::kNone);
  const auto room = room_of(allocation);
  std::size_t live = 0;
  const auto take = [&](const Value& value) {
    const std::size_t size = padded_size(value);
    live += size;
    plan.live_bytes = std::max(plan.live_bytes, live);
    return room->take(size);
  };
  const auto give = [&](ValueId id) {
    const std::size_t size = padded_size(graph.value(id));
    live -= size;
    room->give(plan.offsets[id], size);
  };
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    const Node& node = nodes[n];
    const Value& output = graph.value(node.output);
    std::vector<ValueId> dying;
    for (const ValueId input : node.inputs) {
      if (plan.offsets[input] != ActivationPlan::kNone && last_use[input] == n &&
          std::find(dying.begin(), dying.end(), input) == dying.end()) {
        dying.push_back(input);
      }
    }
    if (output.role == Role::activation) {
      const auto heir = std::find_if(dying.begin(), dying.end(), [&](ValueId input) {
        return allocation != Allocation::plain && may_overwrite_inputs(node.op) &&
               graph.value(input).shape == output.shape;
      });
      if (heir != dying.end()) {
        plan.offsets[node.output] = plan.offsets[*heir];
        dying.erase(heir);
      } else {
        plan.offsets[node.output] = take(output);
      }
    }
    for (const ValueId input : dying) give(input);
    if (output.role == Role::activation && last_use[node.output] == n) give(node.output);
  }
  plan.bytes = room->end();
  return plan;
}

}  // namespace ridgepoint
