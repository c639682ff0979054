#include "profiler/cupti/cupti_error.h"

#include <fmt/format.h>

namespace ridgepoint {
namespace {

// As cupti_result.h numbers them (CUDA 13.0), which keeps them from version to version.
std::string meaning_of(int status, std::string_view rival) {
  switch (status) {
    case 8:
      return "it has no memory left";
    case 15:
    case 999:
      return "it did not start; there may be no driver, or one too old for it";
    case 26:
      return "the counters are in use by another process; try again when it has ended";
    case 27:
      return "this GPU does not offer it";
    case 33:
      return "this GPU is virtual and does not offer it";
    case 35:
    case 40:
      return "not permitted; run as root, or load the driver with "
             "NVreg_RestrictProfilingToAdminUsers=0";
    case 39:
      return fmt::format("another client has CUPTI: {}",
                         rival.empty() ? "one that it does not name (Nsight, compute-sanitizer, "
                                         "cuda-gdb or a library that traces)"
                                       : rival);
    case 41:
      return "this GPU runs in confidential mode, which forbids it";
    case 42:
    case 44:
    case 45:
      return "not offered on a device of this kind";
    case 43:
      return "this is a part of a GPU (MIG), of which CUPTI counts nothing";
    case 46:
      return "this CUPTI does not know the chip; a newer toolkit may";
    default:
      return {};
  }
}

}  // namespace

std::string cupti_sentence(std::string_view what, int status, std::string_view rival) {
  const std::string meaning = meaning_of(status, rival);
  return meaning.empty() ? fmt::format("CUPTI, {}: status {}", what, status)
                         : fmt::format("CUPTI, {}: {} (status {})", what, meaning, status);
}

}  // namespace ridgepoint
