// A file's bytes through the GGUF reader and into a model; every tensor's first and last byte and
// every value's description are looked at. Nothing but Error may come out.
#include <cstddef>
#include <cstdint>
#include <span>

#include "workloads/error.h"
#include "workloads/formats/gguf_model.h"
#include "workloads/formats/gguf_reader.h"

namespace {

/// Keeps the reads from being optimised away.
volatile unsigned sink;

void look_at(std::span<const std::byte> bytes) {
  if (!bytes.empty()) {
    sink = static_cast<unsigned>(bytes.front()) + static_cast<unsigned>(bytes.back());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    const auto file = ridgepoint::GgufFile::parse(bytes, "fuzz");
    for (const auto& entry : file.metadata()) {
      sink = static_cast<unsigned>(ridgepoint::describe(entry).size());
    }
    for (const auto& tensor : file.tensors()) {
      look_at(tensor.view.bytes);
      look_at(tensor.view.row(tensor.view.rows() - 1));
    }
    const ridgepoint::Model model = ridgepoint::gguf_model(file);
    for (const auto& [name, view] : model.weights) {
      look_at(view.row(view.rows() - 1));
    }
    sink = static_cast<unsigned>(ridgepoint::fingerprint(model).size());
  } catch (const ridgepoint::Error&) {
  }
  return 0;
}
