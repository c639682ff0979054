// A GGUF file's bytes into a tokenizer, and a text through it and back. Nothing but Error may come
// out, and no id beyond the vocabulary.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

#include "workloads/error.h"
#include "workloads/formats/gguf_reader.h"
#include "workloads/tokenizer/gguf_vocabulary.h"

namespace {

constexpr const char* kText = " ab  <s>ab\n\n123 it's \xE2\x96\x81\xC3\xA9 \xF0\x9F\x91\x8D\xff";

volatile std::size_t sink;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto file = ridgepoint::GgufFile::parse(std::as_bytes(std::span(data, size)), "fuzz");
    const auto tokenizer = ridgepoint::make_tokenizer(ridgepoint::gguf_vocabulary(file));
    for (const bool special : {false, true}) {
      const auto ids = tokenizer->encode(kText, {.special = special});
      for (const std::int32_t id : ids) {
        if (id < 0 || id >= tokenizer->vocabulary()) std::abort();
      }
      sink = tokenizer->decode(ids).size();
    }
  } catch (const ridgepoint::Error&) {
  }
  return 0;
}
