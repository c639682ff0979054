#include "backends/null/null_backend.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "backends/backend_options.h"
#include "backends/graph_spans.h"
#include "backends/null/null_session.h"
#include "backends/null/spin.h"
#include "workloads/ops/operands.h"

namespace ridgepoint {
namespace {

constexpr std::int64_t kLongestPass_ns = 60'000'000'000;

class NullCache : public Cache {
 public:
  [[nodiscard]] std::int64_t bytes() const override { return 0; }
};

class NullExecution : public Execution {
 public:
  NullExecution(const Graph& graph, std::int64_t latency_ns)
      : latency_ns_(latency_ns),
        nodes_(static_cast<std::uint32_t>(graph.nodes().size())),
        spans_(graph) {
    for (const Value& value : graph.values()) {
      roles_.push_back(value.role);
      sizes_.push_back(static_cast<std::size_t>(bytes_of(value)));
    }
  }

  void write_input(ValueId id, std::span<const std::byte> bytes) override {
    check(id, Role::input, bytes.size());
  }
  /// The first node takes all the time, the others none.
  void run(std::int64_t) override {
    SpanChain spans = spans_.chain();
    spans.next(0);
    spin_for(latency_ns_);
    if (!spans.traced()) return;
    for (std::uint32_t n = 1; n < nodes_; ++n) spans.next(n);
  }
  void synchronise() override {}
  void read_output(ValueId id, std::span<std::byte> bytes) const override {
    check(id, Role::output, bytes.size());
    std::ranges::fill(bytes, std::byte{0});
  }
  [[nodiscard]] MemoryLedger memory() const override { return {}; }
  [[nodiscard]] Support trace(SpanRecorder* recorder) override {
    spans_.trace(recorder);
    return Support::yes();
  }

 private:
  void check(ValueId id, Role role, std::size_t size) const {
    if (roles_.at(id) != role || sizes_.at(id) != size) {
      throw std::logic_error("NullExecution: no such input or output, or not its size");
    }
  }

  std::int64_t latency_ns_;
  std::uint32_t nodes_;
  GraphSpans spans_;
  std::vector<Role> roles_;
  std::vector<std::size_t> sizes_;
};

}  // namespace

BackendDescription NullBackend::describe() const {
  return {std::string(kName), "1.0", std::string(kSummary)};
}

Support NullBackend::supports(const Graph&) const {
  return Support::yes();
}

std::shared_ptr<Cache> NullBackend::make_cache(const Graph&) const {
  return std::make_shared<NullCache>();
}

std::unique_ptr<Execution> NullBackend::prepare(const Graph& graph, const WeightMap&,
                                                const PrepareOptions&) const {
  return std::make_unique<NullExecution>(graph, latency_ns_);
}

Support NullBackend::supports(const Model&, const SessionOptions& options) const {
  if (options.record) return Support::no(std::string(kNothingToRecord));
  if (options.allocation != Allocation::arena) return Support::no("it has no activations to place");
  return Support::yes();
}

std::unique_ptr<Session> NullBackend::open_session(const Model& model,
                                                   const SessionOptions& options) const {
  return std::make_unique<NullSession>(model.config.vocab, options, latency_ns_);
}

std::unique_ptr<Backend> open_null_backend(std::string_view options) {
  BackendOptions parsed(NullBackend::kName, options);
  const std::int64_t latency_ns = parsed.take_integer("latency_ns", 0, 0, kLongestPass_ns);
  parsed.finish(NullBackend::kOptions);
  return std::make_unique<NullBackend>(latency_ns);
}

}  // namespace ridgepoint
