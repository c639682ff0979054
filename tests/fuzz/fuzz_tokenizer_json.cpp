// A text as tokenizer.json into a tokenizer, and a text through it and back. Nothing but Error may
// come out, and no id beyond the vocabulary.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "workloads/error.h"
#include "workloads/tokenizer/gguf_vocabulary.h"
#include "workloads/tokenizer/hugging_face_vocabulary.h"

namespace {

constexpr const char* kText = " ab  <s>ab\n\n123 it's \xE2\x96\x81\xC3\xA9 \xF0\x9F\x91\x8D\xff";

volatile std::size_t sink;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  try {
    const auto tokenizer =
        ridgepoint::make_tokenizer(ridgepoint::parse_hugging_face_vocabulary(json, "fuzz"));
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
