// The rows that llama-bench really writes, read without a general JSON parser: flat objects of
// plain names, plain texts, plain numbers and lists of numbers. Whatever is written in any other
// way is left to that parser, which alone says what is wrong with a file.
#pragma once

#include <cstddef>
#include <string_view>

#include "results/exchange/llama_bench_row.h"

namespace ridgepoint {

/// The length of the object at the beginning of `text`, once it is in `row`. 0 where it is not of
/// the plain kind (escapes, bytes beyond ASCII, negative zero, exponents, nesting, a number of more
/// than 18 digits, anything that is not JSON): `row` then holds nothing of meaning.
std::size_t scan_llama_bench_row(std::string_view text, LlamaBenchRow& row);

}  // namespace ridgepoint
