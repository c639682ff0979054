// What the kernels share, over any of the sixteen-lane types (simd_*.h): loads by element type,
// rests shorter than sixteen, and the exponential.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "backends/host/kernels.h"

namespace ridgepoint::host {

inline constexpr std::int64_t kLanes = 16;

template <Type type>
inline constexpr std::int64_t kBytes = type == Type::f32    ? 4
                                       : type == Type::e4m3 ? 1
                                                            : 2;

/// Sixteen elements of any alignment.
template <class V, Type type>
inline typename V::F load_as(const std::byte* from) {
  if constexpr (type == Type::f32) return V::load_f32(from);
  if constexpr (type == Type::f16) return V::load_f16(from);
  if constexpr (type == Type::bf16) return V::load_bf16(from);
  if constexpr (type == Type::e4m3) return V::load_e4m3(from);
}

/// The first `count` of sixteen elements, the others zero.
template <class V, Type type>
inline typename V::F load_part_as(const std::byte* from, std::int64_t count) {
  alignas(64) std::byte padded[kLanes * 4] = {};
  std::memcpy(padded, from, static_cast<std::size_t>(count * kBytes<type>));
  return load_as<V, type>(padded);
}

template <class V>
inline typename V::F load_part(const float* from, std::int64_t count) {
  return load_part_as<V, Type::f32>(reinterpret_cast<const std::byte*>(from), count);
}

template <class V>
inline void store_part(float* to, typename V::F value, std::int64_t count) {
  alignas(64) float padded[kLanes];
  V::store(padded, value);
  std::memcpy(to, padded, static_cast<std::size_t>(count) * sizeof(float));
}

/// e^x to a few units in the last place, by 2^n * p(r) with |r| <= ln2 / 2 (Cody and Waite's
/// reduction; p is the Taylor polynomial of degree 7, whose rest is below 2^-27 there). Below -87
/// it stays at e^-87, above 88 at e^88.
template <class V>
inline typename V::F exponential(typename V::F x) {
  x = V::min(V::max(x, V::set1(-87.0F)), V::set1(88.0F));
  const auto n = V::round(V::mul(x, V::set1(1.44269504F)));
  auto r = V::fma(n, V::set1(-0.693359375F), x);
  r = V::fma(n, V::set1(2.12194440e-4F), r);
  auto p = V::set1(1.0F / 5040.0F);
  p = V::fma(p, r, V::set1(1.0F / 720.0F));
  p = V::fma(p, r, V::set1(1.0F / 120.0F));
  p = V::fma(p, r, V::set1(1.0F / 24.0F));
  p = V::fma(p, r, V::set1(1.0F / 6.0F));
  p = V::fma(p, r, V::set1(0.5F));
  p = V::fma(p, r, V::set1(1.0F));
  p = V::fma(p, r, V::set1(1.0F));
  return V::scale_by_power(p, n);
}

// Everything here is a template over the lanes, also where it needs none: a function that two
// instruction sets share would be compiled twice, and the linker might keep the wrong one.

/// output[r, o] of a product's value; see ProductTarget.
template <class V>
inline void store_one(const ProductTarget& target, std::int64_t row, std::int64_t o, float value) {
  if (target.bias != nullptr) value += target.bias[o];
  if (target.addend != nullptr) value += target.addend[row * target.addend_stride + o];
  target.output[row * target.stride + o] = value;
}

/// The same for `count` of sixteen neighbouring outputs.
template <class V>
inline void store_product(const ProductTarget& target, std::int64_t row, std::int64_t o,
                          typename V::F value, std::int64_t count) {
  if (count < kLanes) {
    float values[kLanes];
    V::store(values, value);
    for (std::int64_t i = 0; i < count; ++i) store_one<V>(target, row, o + i, values[i]);
    return;
  }
  if (target.bias != nullptr) value = V::add(value, V::load(target.bias + o));
  if (target.addend != nullptr) {
    value = V::add(value, V::load(target.addend + row * target.addend_stride + o));
  }
  V::store(target.output + row * target.stride + o, value);
}

/// Asks for what store_product will add to and write, long before it does.
template <class V>
inline void prefetch_target(const ProductTarget& target, std::int64_t row, std::int64_t o) {
  if (target.addend != nullptr) V::prefetch(target.addend + row * target.addend_stride + o);
  V::prefetch(target.output + row * target.stride + o);
}

}  // namespace ridgepoint::host
