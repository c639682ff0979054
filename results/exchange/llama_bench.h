// llama-bench (llama.cpp) as a run: its JSON, JSONL and SQL outputs, of any size.
//
// One file is one run, whatever it gathers: build, machine and settings of the first row are the
// run's, and a row says in its details where it differs. A row is a case by what was asked for
// (model, shape, settings that are not at llama-bench's defaults), so that rows of two files meet.
#pragma once

#include <string_view>

#include "results/record_stream.h"

namespace ridgepoint {

/// Whether the text looks like one of the three outputs; reads its beginning only.
bool is_llama_bench_json(std::string_view text);  ///< also JSONL
bool is_llama_bench_sql(std::string_view text);

/// Both read `text` again for each pass over the records: it must outlive the stream. What becomes
/// what is in docs/formats.md. Error, at once or from a pass, when it is not such a file.
RecordStream stream_llama_bench_json(std::string_view text, std::string_view origin);
RecordStream stream_llama_bench_sql(std::string_view text, std::string_view origin);

}  // namespace ridgepoint
