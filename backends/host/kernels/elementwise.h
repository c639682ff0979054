// Norms, gates and the softmax over one row.
#pragma once

#include <cmath>

#include "backends/host/kernels/lanes.h"

namespace ridgepoint::host {

/// Calls work(lanes of each input at i, i, 16), and for a rest shorter than that with zeros behind.
template <class V, typename Work>
inline void each_lanes(std::int64_t count, const Work& work) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) work(i, kLanes);
  if (i < count) work(i, count - i);
}

template <class V>
inline typename V::F load_up_to(const float* from, std::int64_t count) {
  return count == kLanes ? V::load(from) : load_part<V>(from, count);
}

template <class V>
inline void store_up_to(float* to, typename V::F value, std::int64_t count) {
  if (count == kLanes) {
    V::store(to, value);
  } else {
    store_part<V>(to, value, count);
  }
}

template <class V>
void rms_norm(const float* x, const float* weight, double epsilon, std::int64_t count, float* y) {
  auto squares = V::zero();
  each_lanes<V>(count, [&](std::int64_t i, std::int64_t n) {
    const auto value = load_up_to<V>(x + i, n);
    squares = V::fma(value, value, squares);
  });
  const double mean = static_cast<double>(V::sum(squares)) / static_cast<double>(count);
  const auto inverse = V::set1(static_cast<float>(1.0 / std::sqrt(mean + epsilon)));
  each_lanes<V>(count, [&](std::int64_t i, std::int64_t n) {
    store_up_to<V>(
        y + i, V::mul(V::mul(load_up_to<V>(x + i, n), inverse), load_up_to<V>(weight + i, n)), n);
  });
}

template <class V>
void layer_norm(const float* x, const float* weight, const float* bias, double epsilon,
                std::int64_t count, float* y) {
  auto total = V::zero();
  each_lanes<V>(count, [&](std::int64_t i, std::int64_t n) {
    total = V::add(total, load_up_to<V>(x + i, n));
  });
  const double mean = static_cast<double>(V::sum(total)) / static_cast<double>(count);
  double squares = 0;  // of a rest the lanes behind it are no part
  auto lanes = V::zero();
  const auto middle = V::set1(static_cast<float>(mean));
  each_lanes<V>(count, [&](std::int64_t i, std::int64_t n) {
    const auto centred = V::sub(load_up_to<V>(x + i, n), middle);
    if (n == kLanes) {
      lanes = V::fma(centred, centred, lanes);
    } else {
      float rest[kLanes];
      V::store(rest, centred);
      for (std::int64_t j = 0; j < n; ++j) {
        squares += static_cast<double>(rest[j]) * static_cast<double>(rest[j]);
      }
    }
  });
  squares += static_cast<double>(V::sum(lanes));
  const auto inverse =
      V::set1(static_cast<float>(1.0 / std::sqrt(squares / static_cast<double>(count) + epsilon)));
  each_lanes<V>(count, [&](std::int64_t i, std::int64_t n) {
    const auto centred = V::mul(V::sub(load_up_to<V>(x + i, n), middle), inverse);
    store_up_to<V>(y + i, V::fma(centred, load_up_to<V>(weight + i, n), load_up_to<V>(bias + i, n)),
                   n);
  });
}

template <class V>
void add(const float* a, const float* b, std::int64_t count, float* y) {
  each_lanes<V>(count, [&](std::int64_t i, std::int64_t n) {
    store_up_to<V>(y + i, V::add(load_up_to<V>(a + i, n), load_up_to<V>(b + i, n)), n);
  });
}

/// x / (1 + e^-z)
template <class V>
inline typename V::F times_sigmoid(typename V::F x, typename V::F z) {
  return V::div(x, V::add(V::set1(1.0F), exponential<V>(V::sub(V::zero(), z))));
}

template <class V>
void silu_gate(const float* gate, const float* up, std::int64_t count, float* y) {
  each_lanes<V>(count, [&](std::int64_t i, std::int64_t n) {
    const auto g = load_up_to<V>(gate + i, n);
    store_up_to<V>(y + i, V::mul(times_sigmoid<V>(g, g), load_up_to<V>(up + i, n)), n);
  });
}

/// x/2 (1 + tanh z) = x / (1 + e^-2z) with z = sqrt(2/pi) (x + 0.044715 x^3).
template <class V>
void gelu_tanh(const float* x, std::int64_t count, float* y) {
  each_lanes<V>(count, [&](std::int64_t i, std::int64_t n) {
    const auto value = load_up_to<V>(x + i, n);
    const auto cube = V::mul(V::mul(value, value), value);
    const auto z = V::mul(V::fma(cube, V::set1(0.044715F), value), V::set1(2 * 0.79788456F));
    store_up_to<V>(y + i, times_sigmoid<V>(value, z), n);
  });
}

template <class V>
void softmax(const float* x, std::int64_t count, float* y) {
  float most = x[0];
  auto highest = V::set1(most);
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) highest = V::max(highest, V::load(x + i));
  most = V::largest(highest);
  for (; i < count; ++i) most = x[i] > most ? x[i] : most;
  double total = 0;
  each_lanes<V>(count, [&](std::int64_t at, std::int64_t n) {
    const auto weight = exponential<V>(V::sub(load_up_to<V>(x + at, n), V::set1(most)));
    store_up_to<V>(y + at, weight, n);
    if (n == kLanes) {
      total += static_cast<double>(V::sum(weight));
    } else {
      for (std::int64_t j = 0; j < n; ++j) total += static_cast<double>(y[at + j]);
    }
  });
  const auto inverse = V::set1(static_cast<float>(1.0 / total));
  each_lanes<V>(count, [&](std::int64_t at, std::int64_t n) {
    store_up_to<V>(y + at, V::mul(load_up_to<V>(y + at, n), inverse), n);
  });
}

template <class V>
std::int64_t largest(const float* x, std::int64_t count) {
  std::int64_t i = 0;
  auto highest = V::set1(x[0]);
  for (; i + kLanes <= count; i += kLanes) highest = V::max(highest, V::load(x + i));
  float most = V::largest(highest);
  for (; i < count; ++i) most = x[i] > most ? x[i] : most;
  for (std::int64_t at = 0; at < count; ++at) {
    if (x[at] == most) return at;
  }
  return 0;  // nothing but what is not a number
}

}  // namespace ridgepoint::host
