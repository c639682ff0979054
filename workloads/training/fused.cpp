#include "workloads/training/fused.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <mutex>
#include <vector>

#include "workloads/training/architecture.h"

namespace ridgepoint::training {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

constexpr std::int64_t kRowsPerTask = 64;

// Calls body(first_row, last_row) over all rows on the pool's threads.
template <typename Body>
void for_rows(std::int64_t rows, Body body) {
  at::parallel_for(0, rows, kRowsPerTask, body);
}

// Conversions the compiler can vectorise; bfloat16 rounds to nearest even and
// values are taken to be finite.
[[gnu::always_inline]] inline float wide(float x) {
  return x;
}
[[gnu::always_inline]] inline float wide(double x) {
  return static_cast<float>(x);
}
[[gnu::always_inline]] inline float wide(at::BFloat16 x) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(x.x) << 16);
}
template <typename T>
[[gnu::always_inline]] inline T narrow(float x) {
  return static_cast<T>(x);
}
template <>
[[gnu::always_inline]] inline at::BFloat16 narrow<at::BFloat16>(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t rounded = bits + 0x7FFFU + ((bits >> 16) & 1U);
  return {static_cast<std::uint16_t>(rounded >> 16), at::BFloat16::from_bits()};
}

// exp(x) to about 1e-7 relative, branch-free so that loops over it vectorise:
// 2^n by the exponent bits, the rest by a polynomial in [-ln2/2, ln2/2].
[[gnu::always_inline]] inline float fast_exp(float x) {
  constexpr float kLog2E = 1.44269504F;
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  x = std::min(std::max(x, -87.0F), 88.0F);
  const float n = std::floor(x * kLog2E + 0.5F);
  const float r = (x - n * kLn2High) - n * kLn2Low;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  return p * std::bit_cast<float>((static_cast<std::int32_t>(n) + 127) << 23);
}

#define RIDGEPOINT_FOR_TYPE(tensor, ...) \
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, (tensor).scalar_type(), "fused", __VA_ARGS__)

struct RmsNorm : Function<RmsNorm> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& input,
                               const torch::Tensor& gain) {
    const auto x = input.contiguous();
    const std::int64_t width = x.size(-1);
    const std::int64_t rows = x.numel() / width;
    auto output = torch::empty_like(x);
    auto scales = torch::empty({rows}, torch::kFloat32);
    RIDGEPOINT_FOR_TYPE(x, [&] {
      const scalar_t* source = x.const_data_ptr<scalar_t>();
      const scalar_t* gains = gain.const_data_ptr<scalar_t>();
      scalar_t* target = output.mutable_data_ptr<scalar_t>();
      float* scale_of = scales.mutable_data_ptr<float>();
      for_rows(rows, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t row = first; row < last; ++row) {
          const scalar_t* in = source + row * width;
          scalar_t* out = target + row * width;
          float sum = 0.0F;
          for (std::int64_t i = 0; i < width; ++i) {
            const float value = wide(in[i]);
            sum += value * value;
          }
          const float scale =
              1.0F / std::sqrt(sum / static_cast<float>(width) + static_cast<float>(kNormEpsilon));
          scale_of[row] = scale;
          for (std::int64_t i = 0; i < width; ++i) {
            out[i] = narrow<scalar_t>(wide(in[i]) * scale * wide(gains[i]));
          }
        }
      });
    });
    context->save_for_backward({x, gain, scales});
    return output;
  }

  // With n = x * scale and h = dy * gain: dx = scale * (h - n * mean(h * n)), dgain = sum(dy * n).
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto& x = saved[0];
    const auto& gain = saved[1];
    const auto& scales = saved[2];
    const auto dy = gradients[0].contiguous();
    const std::int64_t width = x.size(-1);
    const std::int64_t rows = x.numel() / width;
    auto dx = torch::empty_like(x);
    auto dgain = torch::zeros({width}, torch::kFloat32);
    std::mutex sum_mutex;
    RIDGEPOINT_FOR_TYPE(x, [&] {
      const scalar_t* source = x.const_data_ptr<scalar_t>();
      const scalar_t* gains = gain.const_data_ptr<scalar_t>();
      const scalar_t* upstream = dy.const_data_ptr<scalar_t>();
      const float* scale_of = scales.const_data_ptr<float>();
      scalar_t* target = dx.mutable_data_ptr<scalar_t>();
      float* gain_sums = dgain.mutable_data_ptr<float>();
      for_rows(rows, [&](std::int64_t first, std::int64_t last) {
        std::vector<float> sums(static_cast<std::size_t>(width), 0.0F);
        float* own = sums.data();
        for (std::int64_t row = first; row < last; ++row) {
          const scalar_t* in = source + row * width;
          const scalar_t* up = upstream + row * width;
          scalar_t* out = target + row * width;
          const float scale = scale_of[row];
          float dot = 0.0F;
          for (std::int64_t i = 0; i < width; ++i) {
            const float n = wide(in[i]) * scale;
            const float u = wide(up[i]);
            dot += u * wide(gains[i]) * n;
            own[i] += u * n;
          }
          const float mean = dot / static_cast<float>(width);
          for (std::int64_t i = 0; i < width; ++i) {
            const float n = wide(in[i]) * scale;
            const float h = wide(up[i]) * wide(gains[i]);
            out[i] = narrow<scalar_t>(scale * (h - n * mean));
          }
        }
        const std::scoped_lock lock(sum_mutex);
        for (std::int64_t i = 0; i < width; ++i) gain_sums[i] += own[i];
      });
    });
    return {dx, dgain.to(gain.scalar_type())};
  }
};

struct Gate : Function<Gate> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& gate,
                               const torch::Tensor& up) {
    auto output = torch::empty_like(gate);
    const std::int64_t width = gate.size(-1);
    RIDGEPOINT_FOR_TYPE(gate, [&] {
      const scalar_t* gates = gate.const_data_ptr<scalar_t>();
      const scalar_t* ups = up.const_data_ptr<scalar_t>();
      scalar_t* target = output.mutable_data_ptr<scalar_t>();
      for_rows(gate.numel() / width, [=](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first * width; i < last * width; ++i) {
          const float g = wide(gates[i]);
          target[i] = narrow<scalar_t>(g / (1.0F + fast_exp(-g)) * wide(ups[i]));
        }
      });
    });
    context->save_for_backward({gate, up});
    return output;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto& gate = saved[0];
    const auto& up = saved[1];
    const auto dy = gradients[0].contiguous();
    const std::int64_t width = gate.size(-1);
    auto dgate = torch::empty_like(gate);
    auto dup = torch::empty_like(up);
    RIDGEPOINT_FOR_TYPE(gate, [&] {
      const scalar_t* gates = gate.const_data_ptr<scalar_t>();
      const scalar_t* ups = up.const_data_ptr<scalar_t>();
      const scalar_t* upstream = dy.const_data_ptr<scalar_t>();
      scalar_t* to_gate = dgate.mutable_data_ptr<scalar_t>();
      scalar_t* to_up = dup.mutable_data_ptr<scalar_t>();
      for_rows(gate.numel() / width, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first * width; i < last * width; ++i) {
          const float g = wide(gates[i]);
          const float u = wide(upstream[i]);
          const float sigmoid = 1.0F / (1.0F + fast_exp(-g));
          to_up[i] = narrow<scalar_t>(u * g * sigmoid);
          to_gate[i] = narrow<scalar_t>(u * wide(ups[i]) * sigmoid * (1.0F + g * (1.0F - sigmoid)));
        }
      });
    });
    return {dgate, dup};
  }
};

// cos and sin of position * theta^(-2i / size), [kMaximumPositions, kHeadSize / 2] each.
struct RotationTable {
  std::vector<float> cosines;
  std::vector<float> sines;
  RotationTable() {
    constexpr std::int64_t kPairs = kHeadSize / 2;
    for (std::int64_t position = 0; position < kMaximumPositions; ++position) {
      for (std::int64_t pair = 0; pair < kPairs; ++pair) {
        const double exponent = -static_cast<double>(pair) / static_cast<double>(kPairs);
        const double angle = static_cast<double>(position) * std::pow(kRopeTheta, exponent);
        cosines.push_back(static_cast<float>(std::cos(angle)));
        sines.push_back(static_cast<float>(std::sin(angle)));
      }
    }
  }
};

// Turns every pair by its angle, or back by it where `direction` is -1.
torch::Tensor turned(const torch::Tensor& x, std::int64_t heads, float direction) {
  static const RotationTable table;
  constexpr std::int64_t kPairs = kHeadSize / 2;
  const std::int64_t length = x.size(1);
  TORCH_CHECK(length <= kMaximumPositions, "context is longer than the rotation table");
  auto output = torch::empty_like(x);
  RIDGEPOINT_FOR_TYPE(x, [&] {
    const scalar_t* source = x.const_data_ptr<scalar_t>();
    scalar_t* target = output.mutable_data_ptr<scalar_t>();
    for_rows(x.size(0) * length, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t row = first; row < last; ++row) {
        const float* cosine = table.cosines.data() + (row % length) * kPairs;
        const float* sine = table.sines.data() + (row % length) * kPairs;
        for (std::int64_t head = 0; head < heads; ++head) {
          const scalar_t* in = source + (row * heads + head) * kHeadSize;
          scalar_t* out = target + (row * heads + head) * kHeadSize;
          for (std::int64_t pair = 0; pair < kPairs; ++pair) {
            const float low = wide(in[pair]);
            const float high = wide(in[pair + kPairs]);
            const float s = direction * sine[pair];
            out[pair] = narrow<scalar_t>(low * cosine[pair] - high * s);
            out[pair + kPairs] = narrow<scalar_t>(high * cosine[pair] + low * s);
          }
        }
      }
    });
  });
  return output;
}

struct Rotation : Function<Rotation> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x,
                               std::int64_t heads) {
    context->saved_data["heads"] = heads;
    return turned(x.contiguous(), heads, 1.0F);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const std::int64_t heads = context->saved_data["heads"].toInt();
    return {turned(gradients[0].contiguous(), heads, -1.0F), torch::Tensor{}};
  }
};

// Row r of `scores` belongs to position r % length and sees columns up to it.
struct CausalSoftmax : Function<CausalSoftmax> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& scores,
                               double scale) {
    const std::int64_t length = scores.size(-1);
    auto odds = torch::empty_like(scores);
    RIDGEPOINT_FOR_TYPE(scores, [&] {
      const scalar_t* source = scores.const_data_ptr<scalar_t>();
      scalar_t* target = odds.mutable_data_ptr<scalar_t>();
      const auto factor = static_cast<float>(scale);
      for_rows(scores.numel() / length, [&](std::int64_t first, std::int64_t last) {
        std::vector<float> powers(static_cast<std::size_t>(length));
        float* power = powers.data();
        for (std::int64_t row = first; row < last; ++row) {
          const scalar_t* in = source + row * length;
          scalar_t* out = target + row * length;
          const std::int64_t seen = row % length + 1;
          float highest = -std::numeric_limits<float>::max();
          for (std::int64_t i = 0; i < seen; ++i) {
            highest = std::max(highest, wide(in[i]));
          }
          float sum = 0.0F;
          for (std::int64_t i = 0; i < seen; ++i) {
            power[i] = fast_exp((wide(in[i]) - highest) * factor);
            sum += power[i];
          }
          const float inverse = 1.0F / sum;
          for (std::int64_t i = 0; i < seen; ++i) {
            out[i] = narrow<scalar_t>(power[i] * inverse);
          }
          std::fill(out + seen, out + length, scalar_t{0});
        }
      });
    });
    context->save_for_backward({odds});
    context->saved_data["scale"] = scale;
    return odds;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto odds = context->get_saved_variables()[0];
    const auto factor = static_cast<float>(context->saved_data["scale"].toDouble());
    const auto upstream = gradients[0].contiguous();
    const std::int64_t length = odds.size(-1);
    auto result = torch::empty_like(odds);
    RIDGEPOINT_FOR_TYPE(odds, [&] {
      const scalar_t* odd = odds.const_data_ptr<scalar_t>();
      const scalar_t* source = upstream.const_data_ptr<scalar_t>();
      scalar_t* target = result.mutable_data_ptr<scalar_t>();
      for_rows(odds.numel() / length, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t row = first; row < last; ++row) {
          const scalar_t* p = odd + row * length;
          const scalar_t* dp = source + row * length;
          scalar_t* out = target + row * length;
          const std::int64_t seen = row % length + 1;
          float dot = 0.0F;
          for (std::int64_t i = 0; i < seen; ++i) {
            dot += wide(p[i]) * wide(dp[i]);
          }
          for (std::int64_t i = 0; i < seen; ++i) {
            out[i] = narrow<scalar_t>(wide(p[i]) * (wide(dp[i]) - dot) * factor);
          }
          std::fill(out + seen, out + length, scalar_t{0});
        }
      });
    });
    return {result, torch::Tensor{}};
  }
};

#undef RIDGEPOINT_FOR_TYPE

}  // namespace

torch::Tensor rms_normalised(const torch::Tensor& x, const torch::Tensor& gain) {
  return RmsNorm::apply(x, gain);
}

torch::Tensor gated(const torch::Tensor& gate, const torch::Tensor& up) {
  return Gate::apply(gate, up);
}

torch::Tensor rotated(const torch::Tensor& x, std::int64_t heads) {
  return Rotation::apply(x, heads);
}

torch::Tensor causal_odds(const torch::Tensor& scores, double scale) {
  return CausalSoftmax::apply(scores, scale);
}

}  // namespace ridgepoint::training
