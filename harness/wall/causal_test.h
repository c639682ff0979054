// The causal test: does time follow the bandwidth that is available? An antagonist on cores of its
// own takes more and more of it while a slice of the model works, as a whole and by class of ops.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "harness/wall/slice_probe.h"
#include "results/wall/elasticity.h"
#include "workloads/case.h"

namespace ridgepoint {

/// One class of ops in one kind of work, beside an antagonist that takes more and more bandwidth.
struct CausalTest {
  std::string what;                ///< "decode, batch 1"
  std::string ops;                 ///< "products", "attention", "other"; empty: all of the work
  double share = 1;                ///< of the work's time, with no antagonist
  std::vector<LoadedTime> points;  ///< in the order taken
  Elasticity elasticity;
};

struct CausalTests {
  int threads = 1;      ///< that the model works on
  int antagonists = 1;  ///< cores that take bandwidth away
  std::string kernel;   ///< what they do: of all kernels that which takes the most
  double left_at_the_most =
      1;  ///< the share of its bandwidth that the model's cores keep beside it
  std::vector<CausalTest> tests;
  bool interrupted = false;
};

/// Error where there is one core only, so that none is left for an antagonist.
void require_causal_cores();

/// The model on half of the cores (at most options.threads), the antagonist on the others; decode
/// of one sequence and of sixteen, decode over a long context, and a prefill. `on_work` hears of
/// the tests of each kind of work as soon as they are done, with all that is known until then. When
/// options.stop is set, the kinds that were done are returned. Error as require_causal_cores.
CausalTests test_causes(
    const Case& variant, const SliceOptions& options, int rounds,
    const std::function<void(const CausalTests&, std::span<const CausalTest>)>& on_work);

}  // namespace ridgepoint
