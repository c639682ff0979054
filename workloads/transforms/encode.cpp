#include "workloads/transforms/encode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <numeric>
#include <vector>

#include "workloads/error.h"
#include "workloads/tensor/convert.h"
#include "workloads/tensor/fp8.h"
#include "workloads/tensor/parallel_rows.h"

namespace ridgepoint {

namespace {

constexpr std::int64_t kRowPieceBytes = std::int64_t{256} * 1024;
constexpr std::size_t kSums = 8;

/// In float64 and in a fixed order that compilers vectorise.
template <typename Term>
double sum_of(std::size_t count, const Term& term) {
  std::array<double, kSums> sums{};
  std::size_t i = 0;
  for (; i + kSums <= count; i += kSums) {
    for (std::size_t k = 0; k < kSums; ++k) sums[k] += term(i + k);
  }
  for (std::size_t k = 0; i < count; ++i, ++k) sums[k] += term(i);
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

float largest_of(std::span<const float> values) {
  float largest = 0.0F;
  for (const float value : values) largest = std::max(largest, std::fabs(value));
  return largest;
}

/// Calls `work(row, values)` for each row, in pieces shared among threads; `values` are the row's.
template <typename Work>
void for_each_row(const TensorView& tensor, int threads, const Work& work) {
  const RowSet rows{tensor.rows(), row_bytes(tensor.type, tensor.row_length())};
  for_each_row_range(std::span(&rows, 1), kRowPieceBytes, threads, [&]() -> RowWorker {
    return [&, values = std::vector<float>(static_cast<std::size_t>(tensor.row_length())),
            back = std::vector<float>(static_cast<std::size_t>(tensor.row_length()))](
               const RowRange& range) mutable {
      for (std::int64_t row = range.first; row < range.first + range.count; ++row) {
        to_float(tensor.type, tensor.row(row), values);
        work(static_cast<std::size_t>(row), std::span<const float>(values), std::span(back));
      }
    };
  });
}

[[noreturn]] void fail_tensor(std::string_view name, const std::string& what) {
  throw Error(fmt::format("tensor '{}': {}", name, what));
}

void refuse_what_is_not_finite(std::string_view name, std::size_t row,
                               std::span<const float> values) {
  const auto found =
      std::ranges::find_if(values, [](float value) { return !std::isfinite(value); });
  if (found != values.end()) {
    fail_tensor(name, fmt::format("element {} of row {} is {}; a transform needs finite weights",
                                  found - values.begin(), row, *found));
  }
}

std::int64_t encoded_row_bytes(std::string_view name, const TensorView& tensor, Type type) {
  try {
    static_cast<void>(byte_count(type, tensor.shape));
    return row_bytes(type, tensor.row_length());
  } catch (const Error& error) {
    fail_tensor(name, error.what());
  }
}

}  // namespace

Survey survey(std::string_view name, const TensorView& tensor, int threads) {
  std::vector<double> energies(static_cast<std::size_t>(tensor.rows()));
  std::vector<float> magnitudes(energies.size());
  std::atomic<std::size_t> bad_row = energies.size();
  for_each_row(tensor, threads, [&](std::size_t row, std::span<const float> values, auto&&) {
    energies[row] = sum_of(values.size(), [&](std::size_t i) {
      return static_cast<double>(values[i]) * static_cast<double>(values[i]);
    });
    magnitudes[row] = largest_of(values);
    if (std::isfinite(energies[row])) return;
    // The first row, whichever thread came first.
    for (std::size_t known = bad_row; row < known && !bad_row.compare_exchange_weak(known, row);) {
    }
  });
  if (bad_row < energies.size()) {
    std::vector<float> values(static_cast<std::size_t>(tensor.row_length()));
    to_float(tensor.type, tensor.row(static_cast<std::int64_t>(bad_row)), values);
    refuse_what_is_not_finite(name, bad_row, values);
  }
  return {std::accumulate(energies.begin(), energies.end(), 0.0), largest_of(magnitudes)};
}

std::optional<Encoded> encode(std::string_view name, const TensorView& tensor,
                              const Survey& surveyed, const ToType& to, int threads,
                              double error_limit) {
  const auto stride = static_cast<std::size_t>(encoded_row_bytes(name, tensor, to.type));
  const auto rows = static_cast<std::size_t>(tensor.rows());
  Encoded encoded{std::make_shared<OwnedBytes>(rows * stride), 0};
  const std::span<std::byte> target = encoded.bytes->bytes();
  const double most =
      std::isfinite(error_limit) ? error_limit * error_limit * surveyed.energy : error_limit;
  std::vector<double> errors(rows);
  std::vector<float> magnitudes(rows);
  std::atomic<double> so_far = 0;
  std::atomic<bool> too_much = false;
  for_each_row(
      tensor, threads, [&](std::size_t row, std::span<const float> values, std::span<float> back) {
        if (too_much) return;
        const auto into = target.subspan(row * stride, stride);
        if (to.tensor_scale) {
          float_to_fp8(values, fp8_scale(surveyed.largest), into.data());
        } else {
          from_float(to.type, values, into);
        }
        to_float(to.type, into, back);
        errors[row] = sum_of(values.size(), [&](std::size_t i) {
          const double error = static_cast<double>(back[i]) - static_cast<double>(values[i]);
          return error * error;
        });
        magnitudes[row] = largest_of(back);
        // A part is never more than the whole, but for rounding.
        if (so_far.fetch_add(errors[row]) > most * (1 + 1e-9)) too_much = true;
      });
  if (too_much) return std::nullopt;
  encoded.squared_error = std::accumulate(errors.begin(), errors.end(), 0.0);
  // A scale that overflows or vanishes takes the largest elements with it.
  if (!std::isfinite(encoded.squared_error) || largest_of(magnitudes) < surveyed.largest / 2) {
    fail_tensor(name, fmt::format("{} cannot hold numbers of its size (the largest is {}); choose "
                                  "another type for it",
                                  name_of(to.type), surveyed.largest));
  }
  if (encoded.squared_error > most) return std::nullopt;
  return encoded;
}

}  // namespace ridgepoint
