// Backend: something that can execute graphs. It is asked first whether it supports a graph and
// answers yes or a reason; then it prepares an Execution, which owns its buffers. The interface
// belongs to the core: implementations include it, and only the registry knows them.
//
// Threads: a Backend may be shared; an Execution and a Session belong to one thread at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/device_memory.h"
#include "backends/device_time.h"
#include "backends/memory_ledger.h"
#include "backends/support.h"
#include "workloads/allocation.h"
#include "workloads/graph/graph.h"
#include "workloads/models/model.h"

namespace ridgepoint {

class Session;
class SpanRecorder;
class WeightFeed;
struct DeviceCeilingOptions;
struct SessionOptions;
namespace ceilings {
struct Measured;
}

/// Rows of a long prompt at once, where a backend has no liking of its own.
inline constexpr std::int64_t kPrefillRows = 512;

struct BackendDescription {
  std::string name;     ///< as asked for with --backend, without options
  std::string version;  ///< of the implementation
  std::string summary;  ///< one line for people
};

/// KV cache storage of one backend for one cache layout; executions prepared with it share it.
class Cache {
 public:
  virtual ~Cache() = default;
  [[nodiscard]] virtual std::int64_t bytes() const = 0;
  /// Whether spread_past works.
  [[nodiscard]] virtual Support spreads_past() const {
    return Support::no("its cache has no way to copy a sequence");
  }
  /// Gives every sequence the first `length` positions of `one`: a cache of the same backend for
  /// the same graph with one sequence, of any capacity that holds them. std::logic_error for
  /// another.
  virtual void spread_past(const Cache& one, std::int64_t length);
  /// Everything that executions prepared with this cache share: the KV bytes, and workspaces that
  /// they may lend each other because only one of them runs at a time. Each execution counts these
  /// in full in its own ledger.
  [[nodiscard]] virtual MemoryLedger memory() const { return {.kv_bytes = bytes()}; }
};

struct PrepareOptions {
  int threads = 1;
  /// Required when the graph has cache values. Executions that share a cache belong to one thread
  /// at a time, together.
  std::shared_ptr<Cache> cache;
  /// Whether neighbouring ops may be computed as one where the backend can; its results may differ
  /// by rounding.
  bool fuse = true;
  Allocation allocation = Allocation::arena;  ///< of activations
  /// Whether the launches of a decode step are recorded once and then played as one, where the
  /// backend launches on a device; none: it chooses.
  std::optional<bool> record = std::nullopt;
  /// Asked for weights group by group while a graph runs; null: all are there. Must outlive the
  /// execution. Only for backends that heed it (see Backend::streams).
  WeightFeed* feed = nullptr;
};

/// A graph made ready to run. Writing inputs and reading outputs stay outside the timed region;
/// `run` and `synchronise` are what is timed.
class Execution {
 public:
  virtual ~Execution() = default;
  /// `bytes` holds exactly the value's bytes. std::logic_error when it does not.
  virtual void write_input(ValueId id, std::span<const std::byte> bytes) = 0;
  /// Starts one pass; `past` is how many tokens each sequence's cache holds already. Passes that
  /// are started before the last one was synchronised come one after the other.
  virtual void run(std::int64_t past) = 0;
  /// Returns when everything started has finished.
  virtual void synchronise() = 0;
  virtual void read_output(ValueId id, std::span<std::byte> bytes) const = 0;
  [[nodiscard]] virtual MemoryLedger memory() const = 0;
  /// How many passes of the graph a run is: what it took is divided by that.
  [[nodiscard]] virtual std::int64_t passes_a_run() const { return 1; }
  /// From now on its device times each run, too, or no longer. No, with the reason, where it has
  /// none that does. Outside timed regions.
  [[nodiscard]] virtual Support time_on_device(bool on);
  /// What that said of the last run, when it was synchronised; none where nothing is timed so.
  [[nodiscard]] virtual std::optional<DeviceTime> device_time() const { return std::nullopt; }
  /// From now on each run announces the nodes of the graph to `recorder`: spans on its track
  /// kOpsTrack, from a source with the graph's op ids, one after the other and all of them within
  /// run and synchronise. Null ends it; until then the recorder must live. Allocates, so it is
  /// called outside timed regions. Answers no, with the reason, where nothing can be announced.
  [[nodiscard]] virtual Support trace(SpanRecorder* recorder);
};

class Backend {
 public:
  virtual ~Backend() = default;
  [[nodiscard]] virtual BackendDescription describe() const = 0;
  /// False for a backend that measures only: its outputs are not checked (null).
  [[nodiscard]] virtual bool computes() const { return true; }
  /// Whether it heeds PrepareOptions::record.
  [[nodiscard]] virtual bool records() const { return false; }
  /// Whether it heeds PrepareOptions::feed.
  [[nodiscard]] virtual Support streams() const;
  /// Whether it computes from a copy of such weights in an order of its own, which a feed has to
  /// bring back instead of what lies in the file.
  [[nodiscard]] virtual bool reorders(Type type) const {
    static_cast<void>(type);
    return false;
  }
  /// How many rows (batch * tokens) of a long prompt it likes to get at once, where the session's
  /// options do not say: more of them read the weights less often, and take more memory. Sessions
  /// take fewer, down to kPrefillRows, where there is no memory for these.
  [[nodiscard]] virtual std::int64_t prefill_rows() const { return kPrefillRows; }
  /// Which NVIDIA GPU, by CUDA's number, computes here; none: none does.
  [[nodiscard]] virtual std::optional<int> cuda_device() const { return std::nullopt; }
  /// The clock of its device now, from the device's own counters; takes tens of microseconds. None
  /// without a device of its own.
  [[nodiscard]] virtual std::optional<double> device_clock_hz() const { return std::nullopt; }
  /// What of its device's memory is held, and was at the most. None without a device of its own.
  [[nodiscard]] virtual std::optional<DeviceMemory> device_memory() const { return std::nullopt; }
  /// All runs that its device timed so far, ops that were announced by such times included. None
  /// without a device of its own.
  [[nodiscard]] virtual std::optional<EventTimes> event_times() const { return std::nullopt; }
  /// Where its NVIDIA GPU is plugged in, which is how NVML tells devices apart; empty: there is
  /// none, or that is not known.
  [[nodiscard]] virtual std::string cuda_bus_id() const { return {}; }
  /// Drives what the device's caches hold out of them: how many bytes it went through for that,
  /// more than twice what they hold. 0: it has none, or their size is not known.
  [[nodiscard]] virtual std::int64_t evict_device_cache() const { return 0; }
  /// What its device's last cache holds; 0: it has none, or its size is not known.
  [[nodiscard]] virtual std::int64_t device_cache_bytes() const { return 0; }
  /// Executions of one graph, prepared here and not recorded, as one that runs them one after the
  /// other as one recording. Null where nothing is recorded.
  [[nodiscard]] virtual std::unique_ptr<Execution> in_turns(
      std::vector<std::unique_ptr<Execution>> turns) const;
  /// What its device can do at the most (device_ceilings.h). Error where it has no device of its
  /// own, or the device fails. After `stop` is set, what was measured so far is returned.
  [[nodiscard]] virtual ceilings::Measured measure_ceilings(const DeviceCeilingOptions& options,
                                                            const std::atomic<bool>& stop) const;

  [[nodiscard]] virtual Support supports(const Graph& graph) const = 0;
  [[nodiscard]] virtual std::shared_ptr<Cache> make_cache(const Graph& graph) const = 0;
  /// `weights` must outlive the execution. Error when a weight that the graph names is missing.
  [[nodiscard]] virtual std::unique_ptr<Execution> prepare(const Graph& graph,
                                                           const WeightMap& weights,
                                                           const PrepareOptions& options) const = 0;

  /// Sessions: by default over this backend's own executions (GraphSession). Engines that others
  /// wrote override both. This backend and `model` must outlive the session.
  [[nodiscard]] virtual Support supports(const Model& model, const SessionOptions& options) const;
  [[nodiscard]] virtual std::unique_ptr<Session> open_session(const Model& model,
                                                              const SessionOptions& options) const;
};

}  // namespace ridgepoint
